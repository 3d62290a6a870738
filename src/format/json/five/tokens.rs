//! What the tokens of a record tell of it: the brackets and quotes that say where a record ends may be what is broken.

/// How many lists and maps are told apart; none of those that are deeper seems wrong.
const KNOWN: usize = 128;

/// The tokens of a record up to some place, and what seems wrong with them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokens {
    /// The first byte of the record; 0 before it.
    first: u8,
    /// The last byte of the last token, or the quote of a text that is open.
    last: u8,
    /// The last token is a text.
    is_text: bool,
    /// The open lists and maps, the innermost in the lowest bit: 1 is a map.
    maps: u128,
    /// There were more of them than are known.
    is_deep: bool,
    /// A bracket closes one of the other kind.
    is_crossed: bool,
    /// Something is where it can't be.
    is_misplaced: bool,
    /// A line begins as a record would, where a value of this one may be.
    is_doubtful: bool,
    /// The record is a list with a map in it, or a map is in place of a key, or a line begins with a bracket that
    /// can't be there.
    is_foreign: bool,
    /// Something follows a text that may not, so that its quotes may be those of others.
    is_torn: bool,
    /// There was a text or comment with a bracket in it.
    has_hidden: bool,
    /// The text or comment that is open has a bracket in it.
    is_hidden: bool,
}

impl Tokens {
    /// Sees a byte outside of texts and comments that is no bracket and no white space. Slashes are those of comments.
    pub fn plain(&mut self, byte: u8) {
        // Beyond ASCII there are other kinds of white space.
        if byte < 0x80 && byte != b'/' {
            // A text that something follows may have lost its own quote.
            self.is_torn |= self.is_text && !matches!(byte, b',' | b':');
            self.is_misplaced |= self.is_torn;
            self.token(byte);
        }
    }

    /// A text begins.
    pub fn text(&mut self, quote: u8) {
        self.is_torn |= self.is_text;
        self.is_misplaced |= self.is_torn;
        self.token(quote);
        self.is_hidden = false;
    }

    /// It ends with its quote.
    pub fn text_ends(&mut self) {
        self.is_text = true;
    }

    /// A comment begins.
    pub fn comment(&mut self) {
        self.is_hidden = false;
    }

    /// Sees a byte of a text or comment.
    pub fn inside(&mut self, byte: u8) {
        self.is_hidden |= matches!(byte, b'{' | b'[');
        self.has_hidden |= self.is_hidden;
    }

    /// A bracket opens a list or map inside of `depth` others. Whether it is no part of the record, but begins another
    /// one: it can't stand here, and is outside of all others, or, if `lines_tell`, the first in a line and such as the
    /// record begins with.
    pub fn opens(&mut self, bracket: u8, depth: usize, begins_line: bool, lines_tell: bool) -> bool {
        let may_be_here = match (depth, self.maps & 1) {
            _ if self.is_deep => true,
            (0, _) => matches!(self.last, 0 | b':'),
            (_, 1) => self.last == b':',
            _ => matches!(self.last, b',' | b'['),
        };
        let is_like_first = depth > 0 && begins_line && bracket == self.first;
        if !may_be_here && (depth == 0 || is_like_first && lines_tell) {
            return true;
        }
        self.is_doubtful |= is_like_first && may_be_here;
        let is_instead_of_key = depth > 0 && self.maps & 1 == 1 && bracket == b'{';
        let is_in_list = depth > 0 && self.first == b'[' && bracket == b'{';
        self.is_foreign |= !may_be_here && (is_instead_of_key || depth > 0 && begins_line) || is_in_list;
        self.is_misplaced |= !may_be_here;
        self.is_deep |= depth >= KNOWN;
        self.maps = self.maps << 1 | u128::from(bracket == b'{');
        self.token(bracket);
        false
    }

    /// A bracket closes one.
    pub fn closes(&mut self, bracket: u8) {
        self.is_crossed |= !self.is_deep && (self.maps & 1 == 1) != (bracket == b'}');
        self.maps >>= 1;
        self.token(bracket);
    }

    fn token(&mut self, byte: u8) {
        if self.first == 0 {
            self.first = byte;
        }
        (self.last, self.is_text) = (byte, false);
    }

    /// Whether something is where it can't be, or may be another record.
    pub fn seem_wrong(&self) -> bool {
        self.is_misplaced || self.is_doubtful
    }

    /// Whether another record seems to be in this one.
    pub fn hold_another(&self) -> bool {
        self.is_foreign || self.is_torn && self.has_hidden
    }

    /// Whether a bracket closes one of the other kind.
    pub fn are_crossed(&self) -> bool {
        self.is_crossed
    }

    /// Whether the text or comment that is open has a bracket in it.
    pub fn are_hidden(&self) -> bool {
        self.is_hidden
    }

    /// Whether the last one is a colon, or ends with it: what follows belongs to it.
    pub fn end_with_colon(&self) -> bool {
        self.last == b':'
    }
}
