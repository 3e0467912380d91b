using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Rollout: a strategy's ready-made list of phases, or the user's own.</summary>
internal static class RolloutForm
{
    private const int MaxPhases = 100;

    public static RolloutPlan Read(string name, string service, FieldCursor spec)
    {
        Strategy strategy = spec.Choice("strategy", NameMaps.Strategy, Strategy.Parallel);
        var fallback = new RolloutPlan
        {
            Name = name,
            Service = service,
            To = spec.Text("to"),
            Salt = Salt(spec, name),
            Phases = spec.Has("phases") ? Phases(spec) : StrategyPhases.For(strategy),
        };
        return fallback with
        {
            Strategy = strategy,
            Gates = Gates(spec.Map("gates")),
            Flag = Flag(spec.Map("flag")),
            SegmentOrder = spec.Choice("segmentOrder", NameMaps.SegmentOrder, SegmentOrder.Listed),
            Paces = Paces(spec),
            Compare = CompareForm.Read(spec),
            Budget = Budget(spec.Map("budget")),
            Deadline = spec.Duration("deadline", fallback.Deadline, TimeSpan.FromSeconds(1), Units.MaxDuration),
            WhenDisagreed = spec.Choice("whenDisagreed", NameMaps.WhenDisagreed, WhenDisagreed.Hold),
            WhenInconclusive = spec.Choice("whenInconclusive", NameMaps.Inconclusive, Inconclusive.Hold),
        };
    }

    private static OutsideFlag? Flag(FieldCursor? map)
    {
        if (map?.Url("ofrep") is not { } ofrep)
        {
            return null;
        }

        TimeSpan millisecond = TimeSpan.FromMilliseconds(1);
        return new OutsideFlag(
            ofrep,
            map.Text("key"),
            map.Duration("timeout", OutsideFlag.DefaultTimeout, millisecond, TimeSpan.FromSeconds(1)),
            map.Duration("ttl", OutsideFlag.DefaultTtl, 100 * millisecond, TimeSpan.FromMinutes(1))
        );
    }

    private static List<Pace> Paces(FieldCursor spec) =>
        [
            .. spec.Maps("paces")
                .Select(map => new Pace(map.TextOrNull("segment"))
                {
                    Windows = ServiceForm.Recurring(map, "windows"),
                    Freezes = ServiceForm.Recurring(map, "freezes"),
                    WhenHarmed = map.Choice("whenHarmed", NameMaps.WhenHarmed, WhenHarmed.Rollout),
                }),
        ];

    private static Cost? Budget(FieldCursor? map)
    {
        if (map?.TextOrNull("extraCost") is not { } text)
        {
            return null;
        }

        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const NumberStyles Plain = NumberStyles.AllowDecimalPoint;
        if (
            words is [var amount, { Length: 3 } currency]
            && currency.All(char.IsAsciiLetterUpper)
            && decimal.TryParse(amount, Plain, CultureInfo.InvariantCulture, out decimal value)
        )
        {
            return new Cost(value, currency);
        }

        string message = $"'{text}' is no amount with a currency.";
        map.Bad("bad-amount", map.Find("extraCost")!, "extraCost", message, "Write it like 50000 USD.");
        return null;
    }

    private static string Salt(FieldCursor spec, string name)
    {
        string salt = spec.Text("salt", name);
        if (spec.Has("salt") && salt.Length is 0 or > 128)
        {
            spec.Bad("out-of-range", spec.Find("salt")!, "salt", "needs 1 to 128 characters.");
        }

        return salt;
    }

    private static List<Phase> Phases(FieldCursor spec)
    {
        var phases = new List<Phase>();
        foreach (FieldCursor map in spec.Maps("phases"))
        {
            if (map.Node.Fields.Count != 1)
            {
                string fix = "Write each phase as its own list item: '- verify: {}'.";
                spec.Log.Add("bad-phase", map.Node, map.Path, "a phase is a map with exactly one name.", fix);
            }

            phases.AddRange(map.Node.Fields.Select(f => PhaseOf(map, f.Name)).OfType<Phase>());
        }

        CheckLength(spec);
        return phases;
    }

    private static void CheckLength(FieldCursor spec)
    {
        if (spec.Find("phases") is not YamlNode.List list)
        {
            return;
        }

        if (list.Items.Count is 0 or > MaxPhases)
        {
            spec.Bad("out-of-range", list, "phases", $"needs 1 to {MaxPhases} phases.", "Or leave it out.");
        }
    }

    private static Phase? PhaseOf(FieldCursor phases, string name)
    {
        // An unknown name is already in the log.
        bool known = SupportedFields.Under("Rollout", "spec.phases[]").Any(f => f.Name == name);
        if (!known || phases.Map(name) is not { } map)
        {
            return null;
        }

        PhaseTimes usual = PhaseTimes.Default;
        switch (name)
        {
            case "verify":
                return new Phase.Verify();
            case "start":
                return new Phase.Start(map.Duration("timeout", usual.Start, TimeSpan.FromSeconds(1), OneDay));
            case "warm":
                map.Choice("until", "converged");
                return new Phase.Warm((int)map.Whole("requests", usual.WarmRequests, 20, 1_000_000));
            case "shadow":
                return new Phase.Shadow(
                    map.Share("share") ?? usual.ShadowShare,
                    (int)map.Whole("pairs", usual.ShadowPairs, 0, 1_000_000_000)
                )
                {
                    Redraw = map.Share("redraw") ?? usual.ShadowRedraw,
                };
            case "shift":
                return Shift(map);
            case "switch":
                return Switch(map, usual);
            case "bake":
                return new Phase.Bake(map.Duration("for", usual.Bake));
            case "retire":
                return new Phase.Retire(map.Duration("keep", usual.Keep));
            default:
                return Invariant.Unreachable<Phase>($"the phase {name} is in the table but is not read");
        }
    }

    private static TimeSpan OneDay => TimeSpan.FromDays(1);

    private static Phase.Shift Shift(FieldCursor map) =>
        new(
            map.Share("share") ?? Share.None,
            map.TextOrNull("segment"),
            map.Duration("for", TimeSpan.Zero),
            map.Whole("requests", 0, 0, 1_000_000_000_000)
        );

    private static Phase.Switch Switch(FieldCursor map, PhaseTimes usual)
    {
        StackUse stack = map.Choice("stack", NameMaps.Stack, StackUse.Double);
        string drain = map.Choice("drain", "auto");
        DrainMode? mode = drain == "auto" ? null : NameMaps.Drain.Find(drain);
        TimeSpan hold = map.Duration("hold", usual.Hold, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));
        foreach (string field in stack == StackUse.Double ? (string[])["start", "warm"] : [])
        {
            if (map.Find(field) is { } node)
            {
                map.Bad("bad-phase", node, field, "belongs to stack: single.", $"Use the phase {field} instead.");
            }
        }

        var usualSwitch = new Phase.Switch(hold, mode);
        return usualSwitch with
        {
            Stack = stack,
            StartTimeout = map.Duration("start", usualSwitch.StartTimeout, TimeSpan.FromSeconds(1), OneDay),
            WarmRequests = (int)map.Whole("warm", 0, 0, 1_000_000),
        };
    }

    private static GatePlan Gates(FieldCursor? map)
    {
        var fallback = new GatePlan();
        if (map is null)
        {
            return fallback;
        }

        return new GatePlan
        {
            Alpha = Chance(map, "alpha", fallback.Alpha),
            Beta = Chance(map, "beta", fallback.Beta),
            Promote = map.Choice("promote", NameMaps.Promote, PromotionRule.NoHarm),
            Metrics = map.Has("metrics") ? Metrics(map) : fallback.Metrics,
        };
    }

    private static Ratio Chance(FieldCursor map, string name, Ratio fallback)
    {
        Ratio chance = map.Ratio(name) ?? fallback;
        if (map.Has(name) && chance.Value is <= 0 or > 0.5)
        {
            map.Bad("out-of-range", map.Find(name)!, name, $"{Units.Ratio(chance)} is not above 0% and up to 50%.");
        }

        return chance;
    }

    private static List<MetricGate> Metrics(FieldCursor map)
    {
        var gates = new List<MetricGate>();
        foreach (FieldCursor metric in map.Maps("metrics"))
        {
            string name = metric.Text("name");
            if (name.Length > 0 && gates.Any(g => g.Name == name))
            {
                metric.Bad("duplicate-name", metric.Find("name")!, "name", $"'{name}' is declared twice.");
            }

            gates.Add(MetricForm.Read(name, metric));
        }

        if (map.Find("metrics") is YamlNode.List { Items.Count: 0 } empty)
        {
            map.Bad("empty-list", empty, "metrics", "needs at least one metric.", "Or leave it out.");
        }

        return gates;
    }
}
