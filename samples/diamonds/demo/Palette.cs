namespace Diamonds.Demo;

/// <summary>
/// One colour per release and per gate, the same in every picture; distinct for colour-blind readers too.
/// </summary>
public static class Palette
{
    /// <summary>Colour of a release in a plot.</summary>
    public static string Release(string name) =>
        name switch
        {
            "v1" => "#0072b2",
            "v2" => "#009e73",
            "v2-swapped" => "#e69f00",
            "v2-flaky" => "#d55e00",
            _ => "#cc79a7",
        };

    /// <summary>Colour of a gate in a plot.</summary>
    public static string Gate(string name) =>
        name switch
        {
            "errors" => "#d55e00",
            "latency" => "#0072b2",
            "loss" => "#009e73",
            _ => "#7f7f7f",
        };

    /// <summary>Colour of a release on a terminal.</summary>
    public static string Terminal(string name) => Release(name);
}
