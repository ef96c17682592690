//! The rows of the contract.

use std::fmt;

/// One demand of the contract. A row that a type's schema makes meaningless (tags of what has none, updates of what is immutable)
/// is not examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// Before anything is made, recovery finds nothing.
    RecoverNothing,
    /// Updating what is absent says `NotFound`.
    AbsentUpdate,
    /// Deleting what is absent says `NotFound`.
    AbsentDelete,
    /// It can be made.
    Create,
    /// The model of a creation equals the request, except for what is write-only.
    Model,
    /// The model of a creation tells every read-only attribute that the schema names, as far as what it is part of is there.
    Attributes,
    /// The model of a creation holds no nulls.
    NoNulls,
    /// The model of a creation does not tell what is write-only.
    WriteOnly,
    /// The identifier is the one that the schema makes of the model.
    Identifier,
    /// A read agrees with the creation.
    Read,
    /// A listing has it.
    List,
    /// Planned again, nothing changes.
    PlanAgain,
    /// A creation whose answer was lost is found again.
    RecoverFinds,
    /// The same token makes the same resource.
    SameToken,
    /// Making the same for another address says `AlreadyExists`.
    CreateTwice,
    /// Neither of the two further creations changed it.
    Undisturbed,
    /// It can be updated.
    Update,
    /// An update keeps the identifier.
    UpdateIdentifier,
    /// An update applies fully: collections are replaced whole, what is no longer asked for is gone.
    UpdateWhole,
    /// A read agrees with the update.
    UpdateRead,
    /// Planned again after an update, nothing changes.
    UpdatePlan,
    /// What changed behind our back is seen.
    ChangeIsDrift,
    /// It can be changed back.
    UpdateBack,
    /// Its tags can be changed, by themselves.
    Tags,
    /// It can be deleted.
    Delete,
    /// What is deleted reads as absent.
    DeletedRead,
    /// Updating what is deleted says `NotFound`.
    DeletedUpdate,
    /// Deleting what is deleted says `NotFound`.
    DeletedDelete,
    /// What is deleted is no longer listed.
    DeletedList,
    /// What was deleted behind our back is seen.
    DeletionIsDrift,
    /// What is deleted can be made again.
    CreateAgain,
}

impl Row {
    /// Every row, in the order in which they are examined.
    pub const ALL: &[Self] = &[
        Self::RecoverNothing,
        Self::AbsentUpdate,
        Self::AbsentDelete,
        Self::Create,
        Self::Model,
        Self::Attributes,
        Self::NoNulls,
        Self::WriteOnly,
        Self::Identifier,
        Self::Read,
        Self::List,
        Self::PlanAgain,
        Self::RecoverFinds,
        Self::SameToken,
        Self::CreateTwice,
        Self::Undisturbed,
        Self::Update,
        Self::UpdateIdentifier,
        Self::UpdateWhole,
        Self::UpdateRead,
        Self::UpdatePlan,
        Self::ChangeIsDrift,
        Self::UpdateBack,
        Self::Tags,
        Self::Delete,
        Self::DeletedRead,
        Self::DeletedUpdate,
        Self::DeletedDelete,
        Self::DeletedList,
        Self::DeletionIsDrift,
        Self::CreateAgain,
    ];
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
