using System.Net;
using Microsoft.AspNetCore.Http;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Tests.Api.Bodies;

public sealed class BodyMemoryTests
{
    private const int MiB = 1 << 20;

    private readonly BodyMemory _memory = new(64 * MiB, 16 * MiB);

    [Fact]
    public void Large_bodies_of_one_client_leave_small_ones_of_it_and_all_of_others_their_room()
    {
        BodyShare flooder = From("10.0.0.1"), other = From("10.0.0.2");
        Assert.Equal(7, Taken(flooder, 2 * MiB));
        Assert.Contains("VitGrid:Http:MaxClientBytes", Refusal(flooder, 2 * MiB), StringComparison.Ordinal);
        Assert.Equal(2, Taken(flooder, MiB));
        Assert.Equal(7, Taken(other, 2 * MiB));
        Assert.Equal(2, Taken(other, MiB));
    }

    [Fact]
    public void Large_bodies_of_many_clients_leave_an_eighth_to_small_ones()
    {
        int large = Enumerable.Range(1, 20).Sum(client => Taken(From($"10.0.0.{client}"), 4 * MiB));
        Assert.Equal(14, large);
        Assert.Contains("VitGrid:Http:MaxBufferedBytes", Refusal(From("10.0.1.1"), 2 * MiB), StringComparison.Ordinal);
        Assert.Equal(8, Taken(From("10.0.1.1"), MiB));
    }

    [Fact]
    public void What_is_given_back_is_there_again_and_a_client_without_bodies_is_forgotten()
    {
        for (int client = 0; client < 1_000; client++)
        {
            BodyShare share = From($"10.0.{client / 250}.{client % 250}");
            int taken = Taken(share, 2 * MiB);
            Assert.Equal(7, taken);
            share.Give(taken * 2L * MiB);
        }
        Assert.Equal((0, 0), (_memory.Held, _memory.Clients));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public void A_client_without_a_key_is_its_address_and_of_ipv6_its_network(string first, string second, bool isSame)
    {
        Taken(From(first), 2 * MiB);
        Assert.Equal(isSame ? 0 : 7, Taken(From(second), 2 * MiB));
    }

    [Fact]
    public void A_client_with_a_key_is_its_tenant_wherever_it_is()
    {
        Assert.Equal(7, Taken(From("10.0.0.1", "a"), 2 * MiB));
        Assert.Equal(0, Taken(From("10.0.0.2", "a"), 2 * MiB));
        Assert.Equal(7, Taken(From("10.0.0.1", "b"), 2 * MiB));
    }

    private BodyShare From(string address, string? tenant = null)
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (tenant is not null)
            context.Features.Set(new Caller(tenant));
        return _memory.For(context);
    }

    private static int Taken(BodyShare share, int bytes)
    {
        int taken = 0;
        while (Refusal(share, bytes) is "")
            taken++;
        return taken;
    }

    private static string Refusal(BodyShare share, int bytes)
    {
        try
        {
            share.Reserve(bytes);
            return "";
        }
        catch (ApiException exception)
        {
            Assert.Equal("overloaded", exception.Error.Code);
            return exception.Message;
        }
    }
}
