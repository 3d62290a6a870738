//! The first bytes of an input.

use super::drive::Arrival;

/// Takes choices off the front of an input; zeros when it is used up.
pub struct Choices<'i>(&'i [u8]);

impl<'i> Choices<'i> {
    pub fn new(input: &'i [u8]) -> Choices<'i> {
        Choices(input)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.byte() as usize % all.len()]
    }

    /// The size of slices.
    pub fn slice(&mut self) -> usize {
        self.of(&[1, 2, 7, 40, 64, 100, 1000, 1 << 19])
    }

    /// How the input arrives.
    pub fn arrival(&mut self) -> Arrival {
        self.of(&[Arrival::Whole, Arrival::By(1), Arrival::By(3), Arrival::By(70)])
    }

    /// What is left.
    pub fn rest(self) -> &'i [u8] {
        self.0
    }
}
