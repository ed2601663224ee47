using System.Net.Sockets;
using VitGrid.Transport;

namespace VitGrid.Benchmarks;

/// <summary>The copy that the data plane is measured against: the same sockets and memory, no frames, no checksums.</summary>
internal static class BareSocket
{
    /// <summary>Sends the body again and again, and waits until the last byte has arrived.</summary>
    public static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> body, int count)
    {
        byte[] order = [.. BitConverter.GetBytes(body.Length), .. BitConverter.GetBytes(count)];
        await socket.SendAsync(order);
        for (int i = 0; i < count; i++)
            await socket.SendAsync(body);
        await socket.ReceiveAsync(order);
    }

    /// <summary>Receives each body into the same memory until the sender ends.</summary>
    public static async Task ReceiveAllAsync(Socket listener)
    {
        using Socket socket = Sockets.Tune(await listener.AcceptAsync());
        using NativeBufferPool pool = new(long.MaxValue);
        byte[] order = new byte[8];
        while (await socket.ReceiveAsync(order) > 0)
        {
            using NativeBuffer body = pool.Rent(BitConverter.ToInt32(order));
            for (int left = BitConverter.ToInt32(order, 4); left > 0; left--)
                await FillAsync(socket, body.Memory);
            await socket.SendAsync(order.AsMemory(0, 1));
        }
    }

    private static async Task FillAsync(Socket socket, Memory<byte> body)
    {
        while (!body.IsEmpty)
            body = body[await socket.ReceiveAsync(body)..];
    }
}
