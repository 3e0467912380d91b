namespace Handover.Control.Security;

/// <summary>
/// What the bearer of a token may do. Approving is not a part of operating: whoever moves traffic and whoever signs for
/// it can be kept apart by role, and are always kept apart by name.
/// </summary>
public enum Role
{
    /// <summary>May read.</summary>
    Viewer,

    /// <summary>May also declare resources, start and steer rollouts, and push labels.</summary>
    Operator,

    /// <summary>May read, approve, take back, and read the audit log.</summary>
    Approver,

    /// <summary>May do everything, and make tokens.</summary>
    Admin,
}

/// <summary>One thing that a route needs.</summary>
public enum Permission
{
    /// <summary>See state.</summary>
    Read,

    /// <summary>Declare resources, start and steer rollouts, push labels.</summary>
    Operate,

    /// <summary>Take traffic back: open to everybody who may do anything at all.</summary>
    TakeBack,

    /// <summary>Sign for a rollout of high impact.</summary>
    Approve,

    /// <summary>Read and check the audit log.</summary>
    Audit,

    /// <summary>Make tokens.</summary>
    Administer,
}
