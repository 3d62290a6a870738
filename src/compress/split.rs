//! A compressed source in blocks: the sequential part, for which the user has a lock, and the rest.

use std::io::{self, Read};

use super::codec::{Codec, Unpack};
use super::input::Input;
use super::plan::Unpacking;
use super::unpackers::unpacker;
use super::{gzip, pieces, zstd};
use crate::error::BadStream;

/// What comes next in the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing.
    End,
    /// This many bytes, which were decoded into the block.
    Block(usize),
    /// Members that an [`Opener`] has to decode.
    Piece,
}

/// Whole members, and where they begin in the file.
#[derive(Debug, Default)]
pub struct Piece {
    members: Vec<u8>,
    offset: u64,
}

impl Piece {
    /// Room for members.
    pub fn new(unpacking: &Unpacking) -> Piece {
        Piece { members: Vec::with_capacity(if unpacking.pieces { unpacking.input() } else { 0 }), offset: 0 }
    }
}

/// Takes the data apart, forwards.
pub struct Splitter {
    codec: Codec,
    input: Input,
    unpack: Box<dyn Unpack>,
    pieces: bool,
    ended: bool,
    /// Why the data ends, once what was decoded before is given out.
    failed: Option<io::Error>,
}

impl Splitter {
    /// Begins at the start of compressed data.
    ///
    /// # Errors
    /// There is no memory for a decoder.
    pub fn new(reader: Box<dyn Read + Send>, unpacking: &Unpacking) -> io::Result<Splitter> {
        let Unpacking { codec, window, pieces, .. } = *unpacking;
        let input = Input::new(reader, unpacking.input());
        Ok(Splitter { codec, input, unpack: unpacker(codec, window)?, pieces, ended: false, failed: None })
    }

    /// How many bytes of the file were taken.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// What comes next: put into `piece`, or decoded into `block`. After an error comes the end.
    ///
    /// # Errors
    /// The file can't be read, or is no such data.
    pub fn next(&mut self, piece: &mut Piece, block: &mut [u8]) -> io::Result<Claim> {
        if self.ended {
            return Ok(Claim::End);
        }
        let claim = self.claim(piece, block);
        self.ended = !matches!(claim, Ok(Claim::Block(_) | Claim::Piece));
        claim
    }

    fn claim(&mut self, piece: &mut Piece, block: &mut [u8]) -> io::Result<Claim> {
        if self.pieces && self.failed.is_none() && self.unpack.is_between() {
            piece.members.clear();
            piece.offset = self.input.offset();
            pieces::collect(self.codec, &mut self.input, block.len(), &mut piece.members)?;
            if !piece.members.is_empty() {
                return Ok(Claim::Piece);
            }
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut len = 0;
        while len < block.len() {
            match self.unpack.unpack(&mut self.input, &mut block[len..]) {
                Ok(Some(count)) => len += count,
                Ok(None) if len == 0 => return Ok(Claim::End),
                Ok(None) => break,
                Err(error) if len == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
            let between = self.pieces && len > 0 && self.unpack.is_between();
            if between && pieces::is_known(self.codec, &mut self.input, block.len())? {
                break;
            }
        }
        Ok(Claim::Block(len))
    }
}

/// Decodes pieces; every thread has one.
pub struct Opener(Kind);

enum Kind {
    None,
    Gzip(gzip::Members),
    Zstd(zstd::Frames),
}

impl Opener {
    /// A decoder for the pieces of a [`Splitter`] with the same plan.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn new(unpacking: &Unpacking) -> io::Result<Opener> {
        Ok(Opener(match unpacking.codec {
            Codec::Gzip if unpacking.pieces => Kind::Gzip(gzip::Members::new()),
            Codec::Zstd if unpacking.pieces => Kind::Zstd(zstd::Frames::new()?),
            _ => Kind::None,
        }))
    }

    /// Decodes into a block and says how many bytes.
    ///
    /// # Errors
    /// The members are corrupt.
    pub fn open(&mut self, piece: &Piece, block: &mut [u8]) -> io::Result<usize> {
        let outcome = match &mut self.0 {
            Kind::Gzip(members) => members.unpack(&piece.members, block),
            Kind::Zstd(frames) => frames.unpack(&piece.members, block),
            Kind::None => Ok(0),
        };
        outcome.map_err(|(at, error)| BadStream::at(piece.offset + at as u64, error))
    }
}
