using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;

namespace VitGrid.Transport.Tests;

/// <summary>The socket of processes of one machine, whatever becomes of its folder.</summary>
public sealed class UnixEndpointTests
{
    [Fact]
    public async Task A_socket_that_was_swept_away_is_made_again_where_it_was_and_taken_by_peers()
    {
        FakeTimeProvider time = new();
        await using PlanePair pair = new(Wire.Unix, time);
        string socket = pair.Right.Endpoint.UnixSocket!;
        Directory.Delete(Path.GetDirectoryName(socket)!, recursive: true);
        time.Advance(UnixEndpoint.Round);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(socket), TimeSpan.FromSeconds(30)), "the socket is never made again");
        (Link left, Link right) = await pair.ConnectAsync();
        Assert.Equal(("right", "left"), (left.Peer.Node, right.Peer.Node));
        // The socket that was swept ends meanwhile, and must not take the new one with it.
        Assert.True(File.Exists(socket), "the socket is gone again");
    }

    [Fact]
    public async Task A_swept_folder_does_not_keep_a_data_plane_from_ending()
    {
        PlanePair pair = new(Wire.Unix);
        Directory.Delete(Path.GetDirectoryName(pair.Left.Endpoint.UnixSocket)!, recursive: true);
        Assert.Null(await Record.ExceptionAsync(async () => await pair.DisposeAsync()));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_socket_in_use_looks_young_and_its_folder_lets_nobody_else_in()
    {
        using SocketFolder folder = new();
        Sockets.Listen(Sockets.Unix(), folder.EndPoint());
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(folder.Path, old);
        Assert.True(folder.Touch());
        Assert.NotEqual(old, File.GetLastWriteTimeUtc(folder.Path));
        UnixFileMode mode = File.GetUnixFileMode(Path.GetDirectoryName(folder.Path)!);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, mode);
    }

    [Fact]
    public void A_path_that_somebody_else_has_taken_meanwhile_is_not_used_again()
    {
        using SocketFolder folder = new();
        string above = Path.GetDirectoryName(folder.Path)!;
        File.Delete(folder.Path);
        Directory.Delete(above);
        File.WriteAllText(above, "somebody else's");
        try
        {
            Assert.Throws<IOException>(folder.Restore);
        }
        finally
        {
            File.Delete(above);
        }
    }
}
