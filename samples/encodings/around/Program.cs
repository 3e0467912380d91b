// A feature store and the owners of three downstream systems, for people who try the sample.
using Encodings.Around;

string directory = args is ["--dir", var given] ? given : "samples/encodings";
var hooks = new Webhooks(directory);
hooks.EnsureSecrets(AroundApp.Consumers);
hooks.Ready("decision-engine");
WebApplication app = AroundApp.Build(6566, new FeatureStore(TimeProvider.System), hooks);
Console.WriteLine("feature store and hooks on http://127.0.0.1:6566");
await app.RunAsync();
