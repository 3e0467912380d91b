using Handover.Ports;

namespace Handover.App.Node;

/// <summary>Hands each finished exchange to everybody who keeps one: evidence first, because it decides.</summary>
internal sealed class ExchangeFanOut(params IExchangePort[] ports) : IExchangePort
{
    public void Record(Exchange exchange)
    {
        foreach (IExchangePort port in ports)
        {
            port.Record(exchange);
        }
    }
}
