using Handover.Ports;

namespace Handover.App.Node;

/// <summary>Hands each finished exchange to everybody who keeps one: evidence first, because it decides.</summary>
internal sealed class ExchangeFanOut(IExchangePort evidence, IExchangePort journal) : IExchangePort
{
    public void Record(Exchange exchange)
    {
        evidence.Record(exchange);
        journal.Record(exchange);
    }
}
