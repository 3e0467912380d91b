using System.Net;
using System.Net.Sockets;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class LocalPortTests
{
    [Fact]
    public void No_port_is_given_twice_in_a_row_of_many()
    {
        int[] ports = [.. Enumerable.Range(0, 200).Select(_ => LocalPort.Take())];
        Assert.Equal(ports.Length, ports.Distinct().Count());
        Assert.All(ports, p => Assert.InRange(p, 1, IPEndPoint.MaxPort));
    }

    [Fact]
    public void A_port_that_somebody_listens_on_is_passed_over()
    {
        int before = LocalPort.Take();
        using var taken = new TcpListener(IPAddress.Loopback, before + 1);
        try
        {
            taken.Start();
        }
        catch (SocketException)
        {
            // Somebody else has it, which is the same for this test.
        }

        Assert.NotEqual(before + 1, LocalPort.Take());
    }

    [Theory]
    [InlineData(32_768, 60_999, 20_000, 12_768)]
    [InlineData(1_024, 60_000, 60_001, 5_535)]
    [InlineData(1_024, 65_535, 0, 0)]
    [InlineData(20_500, 65_000, 0, 0)]
    public void Ports_come_from_beside_those_of_outgoing_connections(int first, int last, int from, int count)
    {
        Assert.Equal((from, count), LocalPort.Outside((first, last)));
    }
}
