//! The nodes that one meeting touches, as a small tree of their own: a meeting of one branch costs what its branch costs,
//! not what the country costs.

use crate::NodeTree;
use std::collections::HashMap;

/// The nodes of a meeting and all above them, parents first.
pub(super) struct Around {
    nodes: Vec<Member>,
    local: HashMap<usize, usize>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Its place in the whole tree.
    pub(super) node: usize,
    /// Its parent's place in this one.
    pub(super) parent: Option<usize>,
}

/// Counts of something, by kind.
pub(super) type Counts<const N: usize> = [u32; N];

impl Around {
    /// The nodes named and those above them.
    pub(super) fn new(tree: &NodeTree, named: impl Iterator<Item = usize>) -> Self {
        let mut around = Self { nodes: Vec::new(), local: HashMap::new() };
        for node in named {
            let new = |at: &usize| !around.local.contains_key(at);
            let above: Vec<usize> =
                std::iter::successors(Some(node), |at| tree.parent_place(*at)).take_while(new).collect();
            for node in above.into_iter().rev() {
                let parent = tree.parent_place(node).and_then(|parent| around.local.get(&parent).copied());
                around.local.insert(node, around.nodes.len());
                around.nodes.push(Member { node, parent });
            }
        }
        around
    }

    /// All of them, parents first.
    pub(super) fn members(&self) -> impl Iterator<Item = (usize, Member)> {
        self.nodes.iter().copied().enumerate()
    }

    /// One of them.
    pub(super) fn member(&self, at: usize) -> Option<Member> {
        self.nodes.get(at).copied()
    }

    /// Counts of nothing, for each.
    pub(super) fn zeros<const N: usize>(&self) -> Vec<Counts<N>> {
        vec![[0; N]; self.nodes.len()]
    }

    /// Adds to the count of a kind at a node of the whole tree.
    pub(super) fn count<const N: usize>(&self, counts: &mut [Counts<N>], node: usize, kind: usize, by: u32) {
        let at = self.local.get(&node).and_then(|at| counts.get_mut(*at));
        if let Some(count) = at.and_then(|at| at.get_mut(kind)) {
            *count += by;
        }
    }

    /// Of each node with all below it.
    pub(super) fn summed<const N: usize>(&self, own: &[Counts<N>]) -> Vec<Counts<N>> {
        let mut sums = own.to_vec();
        for at in (0..self.nodes.len()).rev() {
            let parent = self.member(at).and_then(|member| member.parent);
            if let (Some(parent), Some(sum)) = (parent, sums.get(at).copied())
                && let Some(above) = sums.get_mut(parent)
            {
                for (above, below) in above.iter_mut().zip(sum) {
                    *above += below;
                }
            }
        }
        sums
    }

    /// Of all, from the sums: those at the top together.
    pub(super) fn total<const N: usize>(&self, sums: &[Counts<N>]) -> Counts<N> {
        let mut total = [0; N];
        for (_, sum) in self.nodes.iter().zip(sums).filter(|(member, _)| member.parent.is_none()) {
            for (all, one) in total.iter_mut().zip(sum) {
                *all += one;
            }
        }
        total
    }

    /// Of each, whether a node of the whole tree is it or below it.
    pub(super) fn above(&self, node: usize) -> Vec<bool> {
        let mut above = vec![false; self.nodes.len()];
        let path = std::iter::successors(self.local.get(&node).copied(), |at| self.member(*at)?.parent);
        for at in path {
            if let Some(is_above) = above.get_mut(at) {
                *is_above = true;
            }
        }
        above
    }
}

/// What is not inside.
pub(super) fn outside<const N: usize>(total: &Counts<N>, inside: &Counts<N>) -> Counts<N> {
    let mut rest = *total;
    for (rest, inside) in rest.iter_mut().zip(inside) {
        *rest -= inside;
    }
    rest
}
