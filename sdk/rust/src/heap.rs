//! The memory of a component. A mapping makes thousands of small values that live for microseconds, and a general allocator takes half of its
//! time; an instance serves one call and is thrown away with all that it holds, so nothing needs to be put in order. Small blocks come from lists
//! of their size, larger ones from the standard library's allocator.

#![expect(unsafe_code, reason = "an allocator is unsafe by its nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::{NonNull, null_mut};

/// Small blocks are multiples of this, and aligned to it.
const GRAIN: usize = 16;
/// A larger block is not small.
const LARGEST: usize = 512;
const SIZES: usize = LARGEST / GRAIN;
/// New small blocks are cut from regions of this many bytes.
const REGION: usize = 64 * 1024;
const PAGE: usize = 4096;

/// What is ready for a call when an adapter is configured: a region for small blocks, and as much for others. Memory that need not grow in a call
/// costs the host no change of its page tables.
const READY: usize = 256 * 1024;

/// Not for several threads: a component has one.
pub(crate) struct Heap(UnsafeCell<Small>);

struct Small {
    /// By size: the block that was freed last.
    free: [Option<NonNull<Freed>>; SIZES],
    /// The region that blocks are cut from: from here,
    next: *mut u8,
    left: usize,
}

/// What stands in a block that was freed.
struct Freed {
    before: Option<NonNull<Freed>>,
}

impl Heap {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(Small { free: [None; SIZES], next: null_mut(), left: 0 }))
    }

    /// Makes memory ready for calls: from now on nothing is put among what is there. What `configure` freed lies scattered among what it keeps,
    /// and each page of a snapshot that a call writes to is one to copy and to put back.
    ///
    /// # Safety
    /// Nobody else uses the heap meanwhile.
    pub(crate) unsafe fn settle(&self) {
        // SAFETY: the caller's word; the layout has a size.
        unsafe {
            let small = &mut *self.0.get();
            small.free = [None; SIZES];
            small.start_region(READY);
            let room = Layout::from_size_align_unchecked(READY, PAGE);
            let others = System.alloc(room);
            if !others.is_null() {
                System.dealloc(others, room);
            }
        }
    }
}

/// The place of its size in the lists, when it is small.
fn size(layout: Layout) -> Option<usize> {
    (layout.size() <= LARGEST && layout.align() <= GRAIN).then(|| layout.size().saturating_sub(1) / GRAIN)
}

impl Small {
    /// SAFETY: as for `GlobalAlloc::alloc`. `size` is a place in the lists.
    unsafe fn take(&mut self, size: usize) -> *mut u8 {
        let Some(list) = self.free.get_mut(size) else { return null_mut() };
        if let Some(freed) = *list {
            // SAFETY: what is in a list was put there by `give`, which wrote it, and is nobody's.
            *list = unsafe { freed.as_ref() }.before;
            return freed.as_ptr().cast();
        }
        let bytes = (size + 1) * GRAIN;
        // SAFETY: the region's rest is nobody's, and long enough.
        unsafe {
            if self.left < bytes && !self.start_region(REGION) {
                return null_mut();
            }
            let block = self.next;
            self.next = block.add(bytes);
            self.left -= bytes;
            block
        }
    }

    /// SAFETY: as for `GlobalAlloc::dealloc`. `size` is the place in the lists that the block came from.
    unsafe fn give(&mut self, block: *mut u8, size: usize) {
        if let (Some(list), Some(freed)) = (self.free.get_mut(size), NonNull::new(block.cast::<Freed>())) {
            // SAFETY: the block has at least `GRAIN` bytes, is aligned to it and nobody's.
            unsafe { freed.write(Freed { before: *list }) };
            *list = Some(freed);
        }
    }

    /// What is left of the region before is given up. False when there is no memory.
    ///
    /// SAFETY: `bytes` is a multiple of `PAGE` above zero.
    unsafe fn start_region(&mut self, bytes: usize) -> bool {
        // SAFETY: the alignment is a power of two, and the size above zero.
        let region = unsafe { System.alloc(Layout::from_size_align_unchecked(bytes, PAGE)) };
        if region.is_null() {
            return false;
        }
        (self.next, self.left) = (region, bytes);
        true
    }
}

/// SAFETY: blocks are `GRAIN`-aligned, disjoint and as large as asked: cut from regions that are, in steps of `GRAIN`, or freed blocks of the same
/// size. Which of the two allocators a block is from is told by its layout, which is the same when it is freed. No panics.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's word.
        match size(layout) {
            Some(size) => unsafe { (*self.0.get()).take(size) },
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's word.
        match size(layout) {
            Some(size) => unsafe { (*self.0.get()).give(block, size) },
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if size(layout).is_none() {
            // SAFETY: the caller's word.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the caller's word; the block has that many bytes.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller's word: `bytes` with this alignment makes a layout.
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        match (size(layout), size(wanted)) {
            (None, None) => unsafe { System.realloc(block, layout, bytes) },
            (Some(is), Some(wanted)) if is == wanted => block,
            // SAFETY: the new block is not the old one, and both have that many bytes.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(block, layout.size().min(bytes));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
mod component {
    use super::Heap;

    // SAFETY: without atomics there are no threads.
    unsafe impl Sync for Heap {}

    #[global_allocator]
    static HEAP: Heap = Heap::new();

    /// See [`Heap::settle`].
    pub(crate) fn settle() {
        // SAFETY: there are no threads, and this runs outside of the allocator.
        unsafe { HEAP.settle() }
    }
}

#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
pub(crate) use component::settle;

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(bytes: usize, align: usize) -> Layout {
        Layout::from_size_align(bytes, align).unwrap()
    }

    /// A block that was filled with a byte of its own, so that overlaps show.
    struct Block {
        at: *mut u8,
        layout: Layout,
        mark: u8,
    }

    impl Block {
        fn take(heap: &Heap, layout: Layout, mark: u8) -> Self {
            // SAFETY: the layout has a size, and the block that many bytes.
            let at = unsafe { heap.alloc(layout) };
            assert!(!at.is_null() && at.addr().is_multiple_of(layout.align()), "{layout:?} {at:?}");
            unsafe { at.write_bytes(mark, layout.size()) };
            Self { at, layout, mark }
        }

        fn assert_untouched(&self, bytes: usize) {
            // SAFETY: the block has at least that many bytes, all written.
            let found = unsafe { std::slice::from_raw_parts(self.at, bytes) };
            assert!(found.iter().all(|byte| *byte == self.mark), "{:?}", self.layout);
        }

        fn give(self, heap: &Heap) {
            self.assert_untouched(self.layout.size());
            // SAFETY: the block is of this heap and layout.
            unsafe { heap.dealloc(self.at, self.layout) };
        }

        fn grow(self, heap: &Heap, bytes: usize) -> Self {
            let kept = self.layout.size().min(bytes);
            // SAFETY: the block is of this heap and layout, and the new one has that many bytes.
            let at = unsafe { heap.realloc(self.at, self.layout, bytes) };
            let moved = Self { at, layout: layout(bytes, self.layout.align()), ..self };
            moved.assert_untouched(kept);
            unsafe { at.write_bytes(moved.mark, bytes) };
            moved
        }
    }

    /// Sizes on both sides of every border, in an order that mixes them.
    fn sizes() -> impl Iterator<Item = usize> {
        (0..3_000_usize).map(|number| (number * 7_919) % 1_200 + 1)
    }

    #[test]
    fn blocks_are_aligned_and_never_overlap_whatever_is_freed_between() {
        let heap = Heap::new();
        let mut blocks = Vec::new();
        for (number, bytes) in sizes().enumerate() {
            let align = 1 << (number % 7);
            blocks.push(Block::take(&heap, layout(bytes, align), number as u8));
            if number % 3 == 2 {
                blocks.swap_remove(number * 31 % blocks.len()).give(&heap);
            }
        }
        blocks.into_iter().for_each(|block| block.give(&heap));
    }

    #[test]
    fn a_block_keeps_its_content_when_it_grows_or_shrinks_over_every_border() {
        let heap = Heap::new();
        for (from, to) in sizes().zip(sizes().skip(1)) {
            let neighbor = Block::take(&heap, layout(from, 8), 1);
            let block = Block::take(&heap, layout(from, 8), 2).grow(&heap, to);
            neighbor.give(&heap);
            block.give(&heap);
        }
    }

    #[test]
    fn a_freed_block_is_used_again_for_its_size_and_comes_zeroed_where_that_is_asked() {
        let heap = Heap::new();
        for bytes in [1, 16, 17, 512] {
            let first = Block::take(&heap, layout(bytes, 8), 0xff);
            let at = first.at;
            first.give(&heap);
            // SAFETY: the layout has a size, and the block that many bytes.
            let again = unsafe { heap.alloc_zeroed(layout(bytes, 8)) };
            assert_eq!(again, at);
            Block { at: again, layout: layout(bytes, 8), mark: 0 }.give(&heap);
        }
    }

    #[test]
    fn after_it_settled_nothing_is_put_where_something_was_freed_before() {
        let heap = Heap::new();
        let before: Vec<_> = (0..100).map(|_| Block::take(&heap, layout(48, 8), 3)).collect();
        let places: Vec<_> = before.iter().map(|block| block.at.addr() / PAGE).collect();
        let kept: Vec<_> = before
            .into_iter()
            .enumerate()
            .filter_map(|(number, block)| {
                if number % 2 == 0 {
                    Some(block)
                } else {
                    block.give(&heap);
                    None
                }
            })
            .collect();
        // SAFETY: there is one thread.
        unsafe { heap.settle() };
        for _ in 0..READY / 48 / 2 {
            assert!(!places.contains(&(Block::take(&heap, layout(48, 8), 4).at.addr() / PAGE)));
        }
        kept.into_iter().for_each(|block| block.give(&heap));
    }
}
