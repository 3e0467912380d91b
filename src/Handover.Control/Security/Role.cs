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

/// <summary>Which role has which permission: the one table.</summary>
public static class Roles
{
    /// <summary>Whether a role has a permission.</summary>
    public static bool Allow(this Role role, Permission permission) =>
        role switch
        {
            Role.Viewer => permission is Permission.Read,
            Role.Operator => permission is Permission.Read or Permission.Operate or Permission.TakeBack,
            Role.Approver => permission
                is Permission.Read
                    or Permission.Approve
                    or Permission.TakeBack
                    or Permission.Audit,
            Role.Admin => true,
            _ => false,
        };

    /// <summary>The role with this name; null when there is none.</summary>
    public static Role? Parse(string name) =>
        name switch
        {
            "viewer" => Role.Viewer,
            "operator" => Role.Operator,
            "approver" => Role.Approver,
            "admin" => Role.Admin,
            _ => null,
        };

    /// <summary>The role's name on the wire.</summary>
    public static string Text(this Role role) => role.ToString().ToLowerInvariant();
}
