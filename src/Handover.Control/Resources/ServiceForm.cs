using Handover.Control.Engine;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Service, read into the record that the rest of the program knows.</summary>
internal static class ServiceForm
{
    public static Service Read(string name, FieldCursor spec)
    {
        FieldCursor? overriding = spec.Map("override");
        FieldCursor? downtime = spec.Map("downtime");
        return new Service
        {
            Name = name,
            Protocol = spec.Choice("protocol", NameMaps.Protocol, WireProtocol.OpenInference),
            Route = Route(spec.Map("route")),
            Entry = Member(spec, "entry", "model"),
            Stable = Member(spec, "stable", ""),
            Entity = Entity(spec.Map("entity"), spec.Has("tokens")),
            Attributes = Attributes(spec),
            Tokens = TokenForm.Read(spec.Map("tokens")),
            Errors = Errors(spec.Map("errors")),
            Objectives = Objectives(spec.Map("objectives")),
            Impact = spec.Choice("impact", NameMaps.Impact, Impact.Low),
            DowntimeAllowed =
                downtime?.Duration("allowed", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1)) ?? TimeSpan.Zero,
            Windows = Recurring(downtime, "windows"),
            Freezes = Recurring(downtime, "freezes"),
            Idempotency = IdempotencyForm.Read(spec.Map("idempotency")),
            Journal = Journal(spec.Map("journal")),
            Limits = Limits(spec.Map("limits")),
            Labels = Labels(spec.Map("labels")),
            Sequences = SequencesOf(spec.Map("sequences")),
            AllowOverride = overriding?.Flag("allow", false) ?? false,
        };
    }

    internal static List<MaintenanceWindow> Recurring(FieldCursor? downtime, string field)
    {
        var all = new List<MaintenanceWindow>();
        foreach (FieldCursor map in downtime?.Maps(field) ?? [])
        {
            TimeSpan duration = map.Duration(
                "duration",
                TimeSpan.FromMinutes(1),
                TimeSpan.FromMinutes(1),
                TimeSpan.FromDays(366)
            );
            var window = new MaintenanceWindow(map.Text("cron"), duration, map.Text("timeZone", "UTC"));
            if (map.Has("cron") && DowntimeCalendar.Fault(window) is { } fault)
            {
                map.Bad(fault.Code, map.Find(fault.Field!) ?? map.Node, fault.Field!, fault.Message, fault.Fix);
            }

            all.Add(window);
        }

        return all;
    }

    private static string Member(FieldCursor map, string field, string fallback)
    {
        string name = map.Text(field, fallback);
        if (map.Find(field) is YamlNode.Scalar { Kind: ScalarKind.Text } node && !DnsLabel.Is(name))
        {
            map.Bad("bad-name", node, field, $"'{name}' is not a name.", DnsLabel.Advice);
        }

        return name;
    }

    private static ServiceRoute Route(FieldCursor? map)
    {
        if (map is null)
        {
            return new ServiceRoute("/");
        }

        var hosts = new List<string>();
        foreach ((string host, YamlNode node) in map.Texts("hosts"))
        {
            if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            {
                map.Bad("bad-host", node, "hosts", $"'{host}' is not a host name.", "Give it without scheme and port.");
            }

            hosts.Add(host.ToLowerInvariant());
        }

        return new ServiceRoute(Prefix(map, "path") ?? "/") { Rewrite = Prefix(map, "rewrite"), Hosts = hosts };
    }

    private static string? Prefix(FieldCursor map, string field)
    {
        string? path = map.TextOrNull(field);
        if (path is null)
        {
            return null;
        }

        bool good =
            path.StartsWith('/')
            && path.Length <= 1024
            && !path.Contains("//", StringComparison.Ordinal)
            && !path.Split('/').Any(s => s is "." or "..")
            && path.All(c => c is > ' ' and < '\u007f' and not ('?' or '#' or '%' or '\\'));
        if (!good)
        {
            string fix = "Write it like /v2/models/price, without query, escapes, '..' and double slashes.";
            map.Bad("bad-path", map.Find(field)!, field, $"'{path}' is not a path prefix.", fix);
        }
        else if (field == "path" && (path == "/-" || path.StartsWith("/-/", StringComparison.Ordinal)))
        {
            map.Bad("reserved-path", map.Find(field)!, field, "paths under /-/ belong to Handover.", "Choose another.");
        }

        return path.Length > 1 ? path.TrimEnd('/') : path;
    }

    private static EntityKey Entity(FieldCursor? map, bool tokens)
    {
        if (map is null)
        {
            return new EntityKey(ValueSource.Header, "");
        }

        ValueSource from = map.Choice("from", NameMaps.Source, ValueSource.Header);
        string key = SourceKey(map, from, "name");
        TokenForm.NeedTokens(map, from, tokens);
        return new EntityKey(from, key, map.Choice("absent", NameMaps.Absent, AbsentEntity.Stable));
    }

    private static List<AttributeSource> Attributes(FieldCursor spec)
    {
        var all = new List<AttributeSource>();
        foreach (FieldCursor map in spec.Maps("attributes"))
        {
            ValueSource from = map.Choice("from", NameMaps.Source, ValueSource.Header);
            TokenForm.NeedTokens(map, from, spec.Has("tokens"));
            var source = new AttributeSource(map.Text("name"), from, SourceKey(map, from, "key"));
            if (source.Name.Length > 0 && all.Any(a => a.Name == source.Name))
            {
                map.Bad("duplicate-name", map.Find("name")!, "name", $"'{source.Name}' is declared twice.");
            }

            all.Add(source);
        }

        return all;
    }

    /// <summary>What a value is called in its part of the request, checked by the rules of that part.</summary>
    private static string SourceKey(FieldCursor map, ValueSource from, string field)
    {
        string key = map.Text(field);
        if (map.Find(field) is not YamlNode.Scalar { Kind: ScalarKind.Text } node)
        {
            return key;
        }

        if (from == ValueSource.Json || (from == ValueSource.Claim && key.StartsWith('/')))
        {
            if (!DnsLabel.IsPointer(key))
            {
                string fix = "Write it like /customer/id (RFC 6901).";
                map.Bad("bad-pointer", node, field, $"'{key}' is not a JSON pointer.", fix);
            }
        }
        else if (from is ValueSource.Query or ValueSource.Claim ? key.Length is 0 or > 128 : !DnsLabel.IsToken(key))
        {
            string what =
                from == ValueSource.Header ? "header"
                : from == ValueSource.Cookie ? "cookie"
                : from == ValueSource.Claim ? "claim"
                : "parameter";
            map.Bad("bad-name", node, field, $"'{key}' can't be the name of a {what}.", "Write it like x-customer-id.");
        }

        return key;
    }

    private static ErrorPolicy Errors(FieldCursor? map)
    {
        var fallback = new ErrorPolicy();
        if (map is null)
        {
            return fallback;
        }

        var statuses = new List<int>();
        foreach (YamlNode node in map.Statuses("statuses"))
        {
            if (node is YamlNode.Scalar scalar && Status(scalar.Text) is { } status)
            {
                statuses.Add(status);
            }
            else
            {
                string fix = "Write a code such as 503 or a class such as 5xx.";
                map.Bad("wrong-type", node, "statuses", $"needs a status, got {node.Describe()}.", fix);
            }
        }

        TimeSpan timeout = map.Duration(
            "timeout",
            fallback.Timeout,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromMinutes(10)
        );
        return new ErrorPolicy { Statuses = map.Has("statuses") ? statuses : fallback.Statuses, Timeout = timeout };
    }

    private static int? Status(string text)
    {
        if (text.Length != 3 || text[0] is < '1' or > '5')
        {
            return null;
        }

        return text.EndsWith("xx", StringComparison.Ordinal) ? text[0] - '0'
            : FieldCursor.TryLong(text, out long code) ? (int)code
            : null;
    }

    private static Objectives Objectives(FieldCursor? map) =>
        map is null
            ? new Objectives()
            : new Objectives
            {
                Errors = map.Ratio("errors"),
                P99 = map.Has("p99")
                    ? map.Duration("p99", TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))
                    : null,
            };

    private static JournalPolicy Journal(FieldCursor? map)
    {
        var fallback = new JournalPolicy();
        if (map is null)
        {
            return fallback;
        }

        var redact = new List<string>();
        foreach ((string pointer, YamlNode node) in map.Texts("redact"))
        {
            redact.Add(pointer);
            if (!DnsLabel.IsPointer(pointer))
            {
                string fix = "Write it like /customer/name (RFC 6901).";
                map.Bad("bad-pointer", node, "redact", $"'{pointer}' is not a JSON pointer.", fix);
            }
        }

        return new JournalPolicy
        {
            Sample = map.Ratio("sample") ?? fallback.Sample,
            Payloads = map.Flag("payloads", fallback.Payloads),
            Redact = redact,
            Retain = map.Duration("retain", fallback.Retain, TimeSpan.FromMinutes(1), Units.MaxDuration),
        };
    }

    private static ServiceLimits Limits(FieldCursor? map)
    {
        var fallback = new ServiceLimits();
        return map is null
            ? fallback
            : new ServiceLimits
            {
                RequestBytes = map.Size("requestBytes", fallback.RequestBytes),
                HoldFor = map.Duration("holdFor", fallback.HoldFor, TimeSpan.Zero, TimeSpan.FromMinutes(1)),
                HoldRequests = (int)map.Whole("holdRequests", fallback.HoldRequests, 0, 1_000_000),
                HoldBytes = map.Size("holdBytes", fallback.HoldBytes, 0),
            };
    }

    private static LabelPolicy? Labels(FieldCursor? map) =>
        map is null
            ? null
            : new LabelPolicy(
                map.Text("output"),
                map.Choice("loss", NameMaps.Loss, LossKind.Absolute),
                map.Ratio("tolerance") ?? new Ratio(0.2)
            )
            {
                Window = map.Has("window")
                    ? map.Duration("window", TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7))
                    : null,
            };

    private static SequencePolicy? SequencesOf(FieldCursor? map) =>
        map is null
            ? null
            : new SequencePolicy(
                map.Duration("idle", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
                (int)map.Whole("most", 10_000, 1, 1_000_000)
            );
}
