namespace Handover.Control.Security;

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
