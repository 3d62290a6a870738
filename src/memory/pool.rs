//! Buffers that are used again and again, in tiers by size.

use std::io;
use std::ops::{Deref, DerefMut};

use crate::error::Error;
use crate::sys::{self, Pages};

/// A buffer that begins where a page does; only its first [`room`](Pool::set_room) bytes can be seen.
///
/// Its size is fixed, but for what an odd large record [takes](Self::try_grow): that ends when it goes back to its
/// pool.
pub struct Buffer {
    pages: Pages,
    /// How many bytes it was made with.
    size: usize,
    room: usize,
    /// Its pages may have memory.
    touched: bool,
}

impl Buffer {
    /// A buffer of `size` zeroed bytes. The system gives a page its memory when it is first touched.
    ///
    /// # Errors
    /// Of the class [`Memory`](crate::error::ErrorClass::Memory): the system has no more.
    pub fn new(size: usize) -> Result<Buffer, Error> {
        let pages = Pages::new(size).map_err(|error| {
            Error::memory(format!(
                "there is no memory for a buffer of {size} bytes: {error}\n  Lower ⟨workers⟩ or ⟨slice_size⟩."
            ))
        })?;
        Ok(Buffer { pages, size, room: size, touched: false })
    }

    /// How many bytes it has.
    pub fn capacity(&self) -> usize {
        self.pages.len()
    }

    /// Makes it as large as `bytes`, all of which can be seen then. What it holds stays, and is not copied where the
    /// system can move pages.
    ///
    /// # Errors
    /// The system has no memory for it.
    pub fn try_grow(&mut self, bytes: usize) -> io::Result<()> {
        if bytes > self.capacity() {
            self.pages.resize(bytes)?;
        }
        self.room = self.capacity();
        Ok(())
    }

    /// Gives back what it took beyond its size.
    fn shrink(&mut self) {
        if self.capacity() > self.size && self.pages.resize(self.size).is_ok() {
            self.room = self.size;
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.pages[..self.room]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.pages[..self.room]
    }
}

/// Idle buffers in tiers: one for each power of two. All of them are made at the start.
///
/// The system gives a page its memory when it is first touched, and what was idle longest is taken last, so buffers
/// that are never needed cost nothing. Every tier has two marks, in buffers: at most `high` are out at a time, and
/// while the pool is [lean](Self::set_lean) at most `low` idle ones keep the memory of their pages. The others give it
/// back to the system, and get it again when they are touched; nothing is allocated or freed for that.
pub struct Pool {
    tiers: Vec<Tier>,
    lean: bool,
    room: usize,
}

struct Tier {
    /// Capacities are at most two to this power, and more than half of it.
    class: u32,
    idle: Vec<Buffer>,
    out: usize,
    high: usize,
    low: usize,
}

fn class_of(bytes: usize) -> u32 {
    bytes.max(1).next_power_of_two().ilog2()
}

impl Default for Pool {
    fn default() -> Pool {
        Pool { tiers: Vec::new(), lean: false, room: usize::MAX }
    }
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Pool {
        Pool::default()
    }

    /// Adds buffers of `bytes` bytes. The marks of their tier are open: all of them may be out, and may stay.
    ///
    /// # Errors
    /// As [`Buffer::new`].
    pub fn stock(&mut self, bytes: usize, count: usize) -> Result<(), Error> {
        let class = class_of(bytes);
        let place = self.tiers.partition_point(|tier| tier.class < class);
        if self.tiers.get(place).is_none_or(|tier| tier.class != class) {
            self.tiers.insert(place, Tier { class, idle: Vec::new(), out: 0, high: 0, low: 0 });
        }
        let tier = &mut self.tiers[place];
        tier.idle.reserve_exact(count);
        for _ in 0..count {
            tier.idle.push(Buffer::new(bytes)?);
        }
        (tier.high, tier.low) = (tier.high + count, tier.low + count);
        Ok(())
    }

    /// An idle buffer of at least `bytes` bytes; none if all are out, or as many as may be.
    pub fn take(&mut self, bytes: usize) -> Option<Buffer> {
        let class = class_of(bytes);
        let tier = self.tiers.iter_mut().find(|tier| {
            let last = tier.idle.last();
            tier.class >= class && tier.out < tier.high && last.is_some_and(|last| last.capacity() >= bytes)
        })?;
        let mut buffer = tier.idle.pop()?;
        tier.out += 1;
        buffer.room = buffer.capacity().min(self.room.max(bytes));
        buffer.touched = true;
        Some(buffer)
    }

    /// Takes a buffer back, as large as it was made.
    pub fn give(&mut self, mut buffer: Buffer) {
        buffer.shrink();
        let class = class_of(buffer.capacity());
        if let Some(tier) = self.tiers.iter_mut().find(|tier| tier.class == class) {
            tier.out = tier.out.saturating_sub(1);
            tier.idle.push(buffer);
            if self.lean {
                tier.trim();
            }
        }
    }

    /// Sets the marks of all tiers, in buffers of each.
    pub fn set_marks(&mut self, high: usize, low: usize) {
        for tier in &mut self.tiers {
            (tier.high, tier.low) = (high, low);
        }
    }

    /// Whether idle buffers above the low mark give their memory back, now and from now on. Returns how many bytes of
    /// buffers did.
    pub fn set_lean(&mut self, lean: bool) -> usize {
        self.lean = lean;
        if lean { self.tiers.iter_mut().map(Tier::trim).sum() } else { 0 }
    }

    /// How many bytes of a buffer can be seen, from the next one on that is taken; it is never less than what was
    /// asked for.
    pub fn set_room(&mut self, room: usize) {
        self.room = room;
    }
}

impl Tier {
    /// Gives memory back: that of the buffers that were idle longest.
    fn trim(&mut self) -> usize {
        let above = self.idle.len().saturating_sub(self.low);
        let mut given = 0;
        for buffer in self.idle[..above].iter_mut().filter(|buffer| buffer.touched) {
            sys::memory::discard(&mut buffer.pages);
            buffer.touched = false;
            given += buffer.capacity();
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_by_power_of_two() {
        let mut pool = Pool::new();
        pool.stock(1 << 16, 1).unwrap();
        pool.stock(3000, 2).unwrap();
        pool.stock(4096, 1).unwrap();
        assert_eq!(pool.tiers.iter().map(|tier| (tier.class, tier.idle.len())).collect::<Vec<_>>(), [(12, 3), (16, 1)]);
        // The smallest that is large enough.
        let large = pool.take(4097).unwrap();
        assert_eq!(large.len(), 1 << 16);
        assert!(pool.take(4097).is_none());
        assert_eq!(pool.take(4000).unwrap().len(), 4096);
        assert_eq!(pool.take(1).unwrap().len(), 3000);
        pool.give(large);
        assert!(pool.take(1 << 16).is_some());
    }

    #[test]
    fn no_more_are_out_than_the_high_mark_says() {
        let mut pool = Pool::new();
        pool.stock(100, 3).unwrap();
        let (one, two) = (pool.take(1).unwrap(), pool.take(1).unwrap());
        pool.set_marks(1, 1);
        assert!(pool.take(1).is_none());
        pool.give(one);
        assert!(pool.take(1).is_none(), "one is still out");
        pool.give(two);
        let one = pool.take(1).unwrap();
        assert!(pool.take(1).is_none());
        pool.set_marks(3, 3);
        assert!(pool.take(1).is_some() && pool.take(1).is_some() && pool.take(1).is_none());
        drop(one);
    }

    #[test]
    fn less_room_is_a_part_of_the_buffer() {
        let mut pool = Pool::new();
        pool.stock(1000, 1).unwrap();
        pool.set_room(10);
        let mut buffer = pool.take(1).unwrap();
        assert_eq!((buffer.len(), buffer.capacity()), (10, 1000));
        buffer[9] = 7;
        pool.give(buffer);
        assert_eq!(pool.take(20).map(|buffer| buffer.len()), Some(20));
    }

    #[test]
    fn buffers_begin_where_pages_do() {
        let page = sys::page_size();
        let begins = |buffer: &Buffer| (buffer.as_ptr() as usize).is_multiple_of(page);
        let mut pool = Pool::new();
        for size in [1, 100, page - 1, page, page + 1, 5 * page, 640 << 10, 2 << 20] {
            pool.stock(size, 3).unwrap();
            let taken: Vec<Buffer> = (0..3).map(|_| pool.take(size).unwrap()).collect();
            assert!(taken.iter().all(|buffer| begins(buffer) && buffer.len() == size), "{size}");
            // What they hold stays where they begin, however much they grow.
            for (n, mut buffer) in taken.into_iter().enumerate() {
                buffer.fill(n as u8 + 1);
                let larger = size + 7 + n * (300 << 10);
                buffer.try_grow(larger).unwrap();
                assert!(begins(&buffer) && buffer.len() == larger, "{size} {n}");
                assert!(buffer[..size].iter().all(|byte| *byte == n as u8 + 1), "{size} {n}");
                buffer.try_grow(1).unwrap();
                assert_eq!(buffer.len(), larger);
                pool.give(buffer);
            }
            let again: Vec<Buffer> = (0..3).map(|_| pool.take(size).unwrap()).collect();
            assert!(again.iter().all(|buffer| begins(buffer) && buffer.capacity() == size), "{size}");
            // Taken out of the way of the next sizes.
            drop(again);
        }
        assert!(Buffer::new(1).unwrap().try_grow(isize::MAX as usize).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn idle_buffers_give_their_memory_back_and_can_be_used_again() {
        const SIZE: usize = 8 << 20;
        let mut pool = Pool::new();
        pool.stock(SIZE, 4).unwrap();
        let fill = |pool: &mut Pool| {
            let mut taken: Vec<Buffer> = (0..4).map(|_| pool.take(SIZE).unwrap()).collect();
            taken.iter_mut().for_each(|buffer| buffer.fill(1));
            taken.into_iter().for_each(|buffer| pool.give(buffer));
        };
        fill(&mut pool);
        pool.set_marks(4, 1);
        assert_eq!(pool.set_lean(true), 3 * SIZE);
        let resident =
            |pool: &Pool| -> usize { pool.tiers[0].idle.iter().map(|buffer| sys::memory::resident_in(buffer)).sum() };
        let about = SIZE - (64 << 10)..SIZE + (1 << 20);
        assert!(about.contains(&resident(&pool)), "{}", resident(&pool));
        assert_eq!(pool.set_lean(true), 0, "they have no more to give");
        // The last one that comes back is above the mark.
        fill(&mut pool);
        assert!(about.contains(&resident(&pool)), "{}", resident(&pool));
        pool.set_marks(4, 4);
        pool.set_lean(false);
        fill(&mut pool);
        assert!(resident(&pool) >= 4 * about.start);
    }
}
