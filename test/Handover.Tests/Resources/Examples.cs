namespace Handover.Tests.Resources;

/// <summary>
/// The example of the reference, without what is not supported yet, and one resource of every other form.
/// </summary>
internal static class Examples
{
    public const string Service = """
        apiVersion: handover.dev/v1
        kind: Service
        metadata: { name: diamond-price }
        spec:
          protocol: open-inference          # open-inference | tensorflow-serving | openai | json
          route: { path: /v2/models/diamond-price, rewrite: /v2/models/price }
          entry: model
          stable: v1
          entity: { from: header, name: x-customer-id, absent: stable }
          attributes: [ { name: tenant, from: header, key: x-tenant } ]
          errors: { statuses: [5xx, 429], timeout: 2s }
          objectives: { errors: 1%, p99: 250ms }
          impact: low
          downtime: { allowed: 0s }
          journal: { sample: 1.0, payloads: true, redact: [/customer/name], retain: 14d }
          limits: { requestBytes: 4MiB, holdFor: 2s, holdRequests: 10000, holdBytes: 64MiB }
          labels: { output: price, loss: absolute, tolerance: 20% }
          override: { allow: false }
        """;

    public const string Release1 = """
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v1, service: diamond-price }
        spec:
          members:
            model: { runtime: onnx, file: models/price-v1.onnx }
        """;

    public const string Release2 = """
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v2, service: diamond-price }
        spec:
          members:
            model: { runtime: onnx, file: models/price-v2.onnx, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }
            encoder: { runtime: process, command: [python3, serve.py, --port, "{port}"], ready: /ready }
            remote: { runtime: http, endpoints: [ http://127.0.0.1:9002 ], ready: /v2/health/ready }
          built: { code: "git:abc", image: "sha256:def", dependencies: requirements.lock }
          uses:
            features: [ { view: diamond-attributes, version: 2, fields: [carat] } ]
          input:  { tensors: [ { name: carat, datatype: FP32, shape: [-1, 1] } ] }
          output:
            tensors:
              - { name: price, datatype: FP32, shape: [-1, 1], unit: USD, range: [0, 100000], semantics: price/2.0 }
          resources: { memory: 512MiB }
          cost: { perDay: 8000, currency: USD }
          change: retrained
          holdout: { metric: mae, value: 323, baseline: 462, better: lower }
        """;

    public const string Consumer = """
        apiVersion: handover.dev/v1
        kind: Consumer
        metadata: { name: quote-engine, service: diamond-price }
        spec:
          role: decision
          accepts: { tensors: [ { name: price, datatype: FP64, shape: [-1, 1], unit: USD, range: [0, 1000000] } ] }
          acknowledge: automatic
        """;

    public const string FeatureView = """
        apiVersion: handover.dev/v1
        kind: FeatureView
        metadata: { name: diamond-attributes }
        spec: { versions: [ { version: 2, fields: [ { name: carat, datatype: FP32 } ] } ] }
        """;

    public const string Segment = """
        apiVersion: handover.dev/v1
        kind: Segment
        metadata: { name: internal }
        spec: { when: { in: [ { var: tenant }, [acme, self] ] } }
        """;

    public const string Rollout = """
        apiVersion: handover.dev/v1
        kind: Rollout
        metadata: { name: price-v2, service: diamond-price }
        spec:
          to: v2
          strategy: parallel
          salt: price-v2
          phases:
            - verify: {}
            - start: { timeout: 2m }
            - warm: { requests: 500, until: converged }
            - shadow: { share: 10%, pairs: 2000 }
            - shift: { segment: internal, share: 100% }
            - shift: { share: 10%, for: 5m, requests: 1000 }
            - switch: { hold: 400ms, drain: auto, stack: double }
            - bake: { for: 1h }
            - retire: { keep: 24h }
          gates:
            alpha: 5%
            beta: 5%
            promote: noHarm
            metrics:
              - { name: errors, worseBy: 20%, critical: true }
              - { name: latency, worseBy: 20% }
              - { name: loss, worseBy: 5% }
              - { name: predictions, worseBy: 25%, then: hold }
          deadline: 2h
          whenInconclusive: hold
        """;

    /// <summary>What is around a model: an index, stores of features, a monitor, somebody to tell.</summary>
    public const string Around = """
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v3, service: diamond-price }
        spec:
          members:
            model: { runtime: onnx, file: models/price-v3.onnx }
            embed: { runtime: http, endpoints: [ http://127.0.0.1:9003 ], ready: /ready }
          uses:
            index: { name: products, version: 7, space: bge-small-en, dimensions: 4, metric: cosine, embeds: embed }
          output:
            tensors:
              - { name: price, datatype: FP32, shape: [-1, 1], reference: price-2026 }
              - { name: cut, datatype: BYTES, shape: [-1], labels: [Good, Ideal] }
        ---
        apiVersion: handover.dev/v1
        kind: Consumer
        metadata: { name: price-monitor, service: diamond-price }
        spec:
          role: monitoring
          accepts: { tensors: [ { name: price, datatype: FP32, shape: [-1, 1] } ] }
          acknowledge: required
          notify: { url: "https://monitor.example.com/hook", secretFile: secrets/monitor }
          monitors:
            metrics: [ { name: price_mean, output: price } ]
            references: [ { output: price, distribution: price-2026, edges: [5, 10], shares: [0.5, 0.25, 0.25] } ]
        ---
        apiVersion: handover.dev/v1
        kind: FeatureView
        metadata: { name: stones }
        spec:
          versions:
            - version: 2
              fields: [ { name: carat, datatype: FP32, range: [0.2, 5.01] } ]
              freshness: 1h
              url: http://127.0.0.1:6566
              probe: { key: stone, values: [s-1, s-2] }
            - { version: 3, fields: [ { name: carat, datatype: FP64 } ], freshness: 1h, file: features/state.json }
        ---
        apiVersion: handover.dev/v1
        kind: Rollout
        metadata: { name: price-v3, service: diamond-price }
        spec: { to: v3, strategy: cutover, whenDisagreed: rollback }
        """;

    public static readonly string All = string.Join(
        "\n---\n",
        Service,
        Release1,
        Release2,
        Consumer,
        FeatureView,
        Segment,
        Rollout
    );

    /// <summary>Every form there is.</summary>
    public static readonly string Everything = All + "\n---\n" + Around;
}
