//! A function's instructions as a list with jumps, without blocks.
//!
//! xsys may write `block … br_if 0 … end` as an `if` with the test inverted. Two functions are the
//! same if they execute the same instructions and jump to the same places. So there are no blocks
//! here, a branch names the instruction that it leads to, and tests before conditional jumps have one
//! form: no `i32.eqz`, and integer comparisons such that the jump is taken if they are true.

use wasmparser::{BinaryReader, FunctionBody, Operator};

/// An instruction, or what a branch does.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// An instruction that goes on with the next.
    Plain(Operator<'a>),
    /// A jump.
    Jump(When, usize),
    /// A jump by number; the last target is for all other numbers.
    Table(Vec<usize>),
}

/// When a jump is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// When the number on the stack is not zero.
    True,
    /// When it is zero.
    False,
}

/// A block that is open.
struct Frame {
    /// The label that branches to it lead to.
    branch: usize,
    /// The label behind it.
    end: usize,
    /// The label of an `else` that has not come yet.
    otherwise: Option<usize>,
    /// Its end matters by itself: it ends the reach of a handler.
    handles: bool,
}

#[derive(Default)]
struct Flow<'a> {
    steps: Vec<Step<'a>>,
    /// Positions of labels.
    labels: Vec<usize>,
    /// The last position that a label got.
    joined: usize,
    frames: Vec<Frame>,
}

/// The steps of a body.
pub fn steps(bytes: &[u8]) -> wasmparser::Result<Vec<Step<'_>>> {
    let body = FunctionBody::new(BinaryReader::new(bytes, 0));
    let mut flow = Flow::default();
    flow.open(None, false);
    for operator in body.get_operators_reader()? {
        flow.add(operator?);
    }
    let Flow {
        mut steps, labels, ..
    } = flow;
    let place = |label: &mut usize| *label = labels.get(*label).copied().unwrap_or(usize::MAX);
    for step in &mut steps {
        match step {
            Step::Jump(_, label) => place(label),
            Step::Table(list) => list.iter_mut().for_each(place),
            Step::Plain(_) => {}
        }
    }
    Ok(steps)
}

impl<'a> Flow<'a> {
    fn label(&mut self) -> usize {
        self.labels.push(usize::MAX);
        self.labels.len() - 1
    }

    fn place(&mut self, label: usize) {
        self.joined = self.steps.len();
        self.labels[label] = self.joined;
    }

    fn open(&mut self, branch: Option<usize>, handles: bool) {
        let end = self.label();
        self.frames.push(Frame {
            branch: branch.unwrap_or(end),
            end,
            otherwise: None,
            handles,
        });
    }

    fn target(&self, depth: u32) -> usize {
        let frames = self.frames.iter().rev();
        let mut outward = frames.skip(depth as usize);
        outward.next().map_or(usize::MAX, |frame| frame.branch)
    }

    fn add(&mut self, operator: Operator<'a>) {
        match operator {
            Operator::Block { .. } => self.open(None, false),
            Operator::Loop { .. } => {
                let start = self.label();
                self.place(start);
                self.open(Some(start), false);
            }
            Operator::If { .. } => {
                let otherwise = self.label();
                self.jump(When::False, otherwise);
                self.open(None, false);
                if let Some(frame) = self.frames.last_mut() {
                    frame.otherwise = Some(otherwise);
                }
            }
            Operator::Else => {
                let frame = self.frames.last_mut();
                if let Some((otherwise, end)) = frame.map(|f| (f.otherwise.take(), f.end)) {
                    self.jump(When::Always, end);
                    otherwise.into_iter().for_each(|label| self.place(label));
                }
            }
            Operator::End => {
                if let Some(frame) = self.frames.pop() {
                    if frame.handles {
                        self.steps.push(Step::Plain(operator));
                    }
                    let labels = frame.otherwise.into_iter().chain([frame.end]);
                    labels.for_each(|label| self.place(label));
                }
            }
            Operator::Try { .. } | Operator::TryTable { .. } => {
                self.steps.push(Step::Plain(operator));
                self.open(None, true);
            }
            Operator::Delegate { .. } => {
                self.steps.push(Step::Plain(operator));
                if let Some(frame) = self.frames.pop() {
                    self.place(frame.end);
                }
            }
            Operator::Br { relative_depth } => {
                self.jump(When::Always, self.target(relative_depth));
            }
            Operator::BrIf { relative_depth } => {
                self.jump(When::True, self.target(relative_depth));
            }
            Operator::BrTable { targets } => {
                let depths = targets.targets().flatten().chain([targets.default()]);
                let labels = depths.map(|depth| self.target(depth)).collect();
                self.steps.push(Step::Table(labels));
            }
            other => self.steps.push(Step::Plain(other)),
        }
    }

    fn jump(&mut self, mut when: When, label: usize) {
        // The test before a jump belongs to it only if nothing else leads to the jump.
        while when != When::Always && self.joined < self.steps.len() {
            let Some(Step::Plain(test)) = self.steps.last() else {
                break;
            };
            if matches!(test, Operator::I32Eqz) {
                self.steps.pop();
                when = match when {
                    When::True => When::False,
                    _ => When::True,
                };
                continue;
            }
            let Some(opposite) = opposite(test).filter(|_| when == When::False) else {
                break;
            };
            self.steps.pop();
            self.steps.push(Step::Plain(opposite));
            when = When::True;
        }
        self.steps.push(Step::Jump(when, label));
    }
}

/// The inverse of a comparison.
fn opposite(test: &Operator<'_>) -> Option<Operator<'static>> {
    use Operator::*;
    Some(match test {
        I32Eq => I32Ne,
        I32Ne => I32Eq,
        I32LtS => I32GeS,
        I32GeS => I32LtS,
        I32LtU => I32GeU,
        I32GeU => I32LtU,
        I32GtS => I32LeS,
        I32LeS => I32GtS,
        I32GtU => I32LeU,
        I32LeU => I32GtU,
        I64Eq => I64Ne,
        I64Ne => I64Eq,
        I64LtS => I64GeS,
        I64GeS => I64LtS,
        I64LtU => I64GeU,
        I64GeU => I64LtU,
        I64GtS => I64LeS,
        I64LeS => I64GtS,
        I64GtU => I64LeU,
        I64LeU => I64GtU,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn blocks_and_ifs_are_the_same() {
        // local.get 0; local.get 1; i32.eq; br_if 0, around a nop.
        let block = [
            0, 0x02, 0x40, 0x20, 0, 0x20, 1, 0x46, 0x0d, 0, 0x01, 0x0b, 0x0b,
        ];
        let turned = [0, 0x20, 0, 0x20, 1, 0x47, 0x04, 0x40, 0x01, 0x0b, 0x0b];
        let shown = |bytes: &[u8]| format!("{:?}", steps(bytes).unwrap());
        assert_eq!(shown(&block), shown(&turned));
        // The other test is another function.
        let other = [0, 0x20, 0, 0x20, 1, 0x46, 0x04, 0x40, 0x01, 0x0b, 0x0b];
        assert_ne!(shown(&block), shown(&other));
        // A jump over more is another function, too.
        let further = [
            0, 0x20, 0, 0x20, 1, 0x47, 0x04, 0x40, 0x01, 0x01, 0x0b, 0x0b,
        ];
        assert_ne!(shown(&block), shown(&further));
    }
}
