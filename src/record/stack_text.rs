//! Short text on the stack, so that writing a number allocates nothing.

use std::fmt;

/// Text of at most `N` bytes on the stack; what does not fit is refused.
#[derive(Clone, Copy)]
pub struct StackText<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> StackText<N> {
    /// No text yet.
    #[inline]
    pub fn new() -> StackText<N> {
        StackText { bytes: [0; N], len: 0 }
    }

    /// The text of `arguments`, cut off if it does not fit (choose `N` so that it does).
    #[inline]
    pub fn of(arguments: fmt::Arguments<'_>) -> StackText<N> {
        let mut text = StackText::new();
        let outcome = fmt::write(&mut text, arguments);
        debug_assert!(outcome.is_ok(), "text longer than its place on the stack");
        text
    }

    /// The text so far.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl<const N: usize> Default for StackText<N> {
    fn default() -> StackText<N> {
        StackText::new()
    }
}

impl<const N: usize> fmt::Write for StackText<N> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
