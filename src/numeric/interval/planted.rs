//! Faults that tests plant, to see that they are found; a program has none.

/// A fault of interval arithmetic, or of a proof by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// e^x without the remainder of its polynomial.
    ExpRemainder,
    /// √x rounded to nearest in place of outward.
    RootRounding,
    /// x + y rounded inward.
    SumInward,
    /// The trapezoid rule without what its nodes leave out.
    Tail,
    /// A cover without its second cell.
    Cell,
    /// Half of the pair bound of −M′ (lemma E1).
    SlopeEnd,
}

#[cfg(test)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

impl Fault {
    /// Whether a test has planted it.
    #[cfg(test)]
    pub fn is_planted(self) -> bool {
        PLANTED.get() == Some(self)
    }

    /// Never: a program has no faults planted.
    #[cfg(not(test))]
    pub const fn is_planted(self) -> bool {
        false
    }

    /// Whether a test, which passes, fails with the fault.
    #[cfg(test)]
    pub fn is_found_by(self, test: fn()) -> bool {
        test();
        PLANTED.set(Some(self));
        let found = std::panic::catch_unwind(test).is_err();
        PLANTED.set(None);
        found
    }
}
