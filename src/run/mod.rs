//! The executor: claims in, report out. Nothing else executes.
//!
//! In the order in which a run goes through it:
//!
//! | files | what they do |
//! | --- | --- |
//! | `inventory`, `find`, `ledger` | the distinct needs of a run, the route of each, and the lanes of those that are sampled |
//! | `stage`, `tree` | what is measured next, in leaves; how leaves are merged |
//! | `work`, `take`, `sampling` | measure leaves; take the samples of some; what the rounds have left of a lane |
//! | `part`, `store`, `collected`, `plan`, `lock` | files of what was measured; where they are; what is there of a stage; a frozen run |
//! | `session`, `judge`, `book`, `tightness` | a run on its way; one case's verdict, by the numbers it reads; which cases are measured on |
//! | `assemble`, `prove`, `pictures`, `replay` | the report: sections, proofs, schedules, commands that repeat a row |
//! | `verify`, `reduce`, `estimate`, `verifier` | all of it in one process; by parts alone; numbers without claims; both for another program |

pub mod assemble;
pub mod book;
pub mod collected;
pub mod estimate;
pub mod find;
pub mod inventory;
pub mod judge;
pub mod ledger;
pub mod lock;
pub mod measured;
pub mod options;
pub mod part;
pub mod pictures;
pub mod plan;
pub mod prove;
pub mod reduce;
pub mod replay;
pub mod sampling;
pub mod session;
pub mod stage;
pub mod stop;
pub mod store;
pub mod take;
pub mod tightness;
pub mod tree;
pub mod verifier;
pub mod verify;
pub mod watch;
pub mod work;
