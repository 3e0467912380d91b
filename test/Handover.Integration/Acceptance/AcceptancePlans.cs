namespace Handover.Integration.Acceptance;

/// <summary>Rollouts with every phase there is, each short: a run of minutes meets all of them many times.</summary>
internal static class AcceptancePlans
{
    private const string Head = "apiVersion: handover.dev/v1\nkind: Rollout\n";

    private const string Gates = """
          gates:
            metrics:
              - { name: errors, worseBy: 20%, critical: true }
          deadline: 5m
        """;

    /// <summary>Many small moves: every share is a hold of its own.</summary>
    public static string Gradual(string to) =>
        Plan(
            $"gradual-{to}",
            to,
            "flag",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- warm: { requests: 20, until: converged }",
            "- shadow: { share: 100%, pairs: 20 }",
            "- shift: { segment: internal, share: 100%, for: 100ms }",
            "- shift: { share: 10%, for: 100ms }",
            "- shift: { share: 30%, for: 100ms }",
            "- shift: { share: 50%, for: 100ms }",
            "- shift: { share: 70%, for: 100ms }",
            "- shift: { share: 90%, for: 100ms }",
            "- shift: { share: 100%, for: 100ms }",
            "- bake: { for: 500ms }",
            "- retire: { keep: 10m }"
        );

    /// <summary>Everybody at one instant.</summary>
    public static string Cutover(string to, string bake = "1s") =>
        Plan(
            $"cutover-{to}",
            to,
            "cutover",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- warm: { requests: 20, until: converged }",
            "- switch: { hold: 400ms, drain: atomic, stack: double }",
            $"- bake: {{ for: {bake} }}",
            "- retire: { keep: 10m }"
        );

    public static string Plan(string name, string to, string strategy, params string[] phases) =>
        Head
        + $"metadata: {{ name: {name}, service: {NodeProcess.Service} }}\n"
        + $"spec:\n  to: {to}\n  strategy: {strategy}\n  phases:\n"
        + string.Concat(phases.Select(p => $"    {p}\n"))
        + Gates
        + "\n";
}
