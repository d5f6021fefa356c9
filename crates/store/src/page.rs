//! Lists come in pages, by cursor: a page costs the same at the end of a million rows as at the
//! start.

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The last id of the page before; 0 for the first page.
    pub after: i64,
    /// How many at most; never more than [`PageRequest::MAX`].
    pub limit: u32,
}

impl PageRequest {
    /// The largest page.
    pub const MAX: u32 = 500;

    /// The first page.
    pub fn first(limit: u32) -> Self {
        Self { after: 0, limit }
    }

    /// One row more than asked for tells whether there is another page.
    pub(crate) fn probe(self) -> i64 {
        i64::from(self.limit.clamp(1, Self::MAX)) + 1
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to pass as [`PageRequest::after`] for the next page; `None` at the end.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// Whether looking ended before the page was full, so that what is on the next may be few as well.
    /// Only lists that look at many rows for one do so.
    pub fn is_short(&self, request: PageRequest) -> bool {
        self.next.is_some()
            && i64::try_from(self.items.len() + 1).is_ok_and(|n| n < request.probe())
    }

    pub(crate) fn of(request: PageRequest, mut items: Vec<T>, id: impl Fn(&T) -> i64) -> Self {
        let size = usize::try_from(request.probe() - 1).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(id) } else { None };
        Self { items, next }
    }
}
