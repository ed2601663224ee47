using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace VitGrid.LoadTest.Trials;

/// <summary>Something that a client does to a server again and again, ten times a second at most, and what it was answered.</summary>
/// <param name="Name">In words.</param>
/// <param name="Connections">How many do it at once.</param>
/// <param name="Once">Does it once and returns what the server said, a status or less.</param>
internal sealed record Attack(string Name, int Connections, Func<AttackTarget, CancellationToken, Task<string>> Once)
{
    private const int Megabyte = 1_000_000;
    private const int SlowBytes = 300;

    // Attacker and server share the machine: without a pause the attacker's own work would be what others feel.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>All of them; the costly images are read from <paramref name="bombs"/>.</summary>
    public static IReadOnlyList<Attack> All(string bombs) =>
    [
        new("JPEG of 882 scans", 4, Image(bombs, "progressive-882-scans-4096.jpg", "image/jpeg")),
        new("progressive CMYK JPEG of 49 Mpixel", 4, Image(bombs, "progressive-cmyk-7000.jpg", "image/jpeg")),
        new("TIFF of 4,000 samples a pixel", 4, Image(bombs, "samples-4000.tif", "image/tiff")),
        new("JSON of a million inputs", 4, Body("application/json", Inputs(Megabyte))),
        new("JSON of a million levels", 4, Body("application/json", Encoding.UTF8.GetBytes(
            $$"""{"input":{{new string('[', Megabyte)}}"""))),
        new("form that is cut", 4, Body("multipart/form-data; boundary=b", Encoding.UTF8.GetBytes(
            $"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{new string('a', Megabyte)}"))),
        new("bodies of 300 bytes a second", 15, SlowAsync),
        new("requests without a key", 8, static async (target, cancellationToken) =>
            Status(await target.Stranger.PostAsync(target.Address, Content("image/png", new byte[64]), cancellationToken))),
    ];

    /// <summary>Goes on until <paramref name="over"/>.</summary>
    /// <returns>How often the server said what.</returns>
    public async Task<IReadOnlyDictionary<string, int>> RunAsync(AttackTarget target, CancellationToken over)
    {
        ConcurrentDictionary<string, int> said = new(StringComparer.Ordinal);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    string answer = await OnceAsync(target, over);
                    if (!over.IsCancellationRequested)
                        said.AddOrUpdate(answer, 1, (_, times) => times + 1);
                    await Task.Delay(Pause, CancellationToken.None);
                }
            },
            CancellationToken.None)));
        return said;
    }

    private async Task<string> OnceAsync(AttackTarget target, CancellationToken over)
    {
        try
        {
            return await Once(target, over);
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or IOException or SocketException)
        {
            return "connection closed";
        }
    }

    private static Func<AttackTarget, CancellationToken, Task<string>> Image(string folder, string file, string type) =>
        Body(type, File.ReadAllBytes(Path.Combine(folder, file)));

    private static Func<AttackTarget, CancellationToken, Task<string>> Body(string type, byte[] body) =>
        async (target, cancellationToken) => Status(await target.Known.PostAsync(
            target.Address, Content(type, body), cancellationToken));

    /// <summary>Announces a megabyte and sends it by <see cref="SlowBytes"/> a second.</summary>
    private static async Task<string> SlowAsync(AttackTarget target, CancellationToken cancellationToken)
    {
        using TcpClient client = new();
        await client.ConnectAsync(target.Address.Host, target.Address.Port, cancellationToken);
        NetworkStream stream = client.GetStream();
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST {target.Address.PathAndQuery} HTTP/1.1\r\nHost: {target.Address.Authority}\r\nAuthorization: Bearer {target.Key}\r\n"
            + $"Content-Type: image/png\r\nContent-Length: {Megabyte}\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        byte[] answer = new byte[64];
        Task<int> answered = stream.ReadAsync(answer, cancellationToken).AsTask();
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        while (!answered.IsCompleted)
        {
            await stream.WriteAsync(new byte[SlowBytes], cancellationToken);
            await timer.WaitForNextTickAsync(cancellationToken);
        }
        return Encoding.ASCII.GetString(answer, 0, await answered).Split(' ') is [_, var status, ..] ? status : "connection closed";
    }

    private static byte[] Inputs(int count) =>
        Encoding.UTF8.GetBytes($$"""{"input":[{{string.Join(',', Enumerable.Repeat("\"aaaaaaaa\"", count))}}]}""");

    private static ByteArrayContent Content(string type, byte[] body)
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    private static string Status(HttpResponseMessage answer)
    {
        using (answer)
            return ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>Whom an attack is meant for.</summary>
/// <param name="address">Where the server takes images.</param>
/// <param name="key">A key it knows.</param>
internal sealed class AttackTarget(Uri address, string key) : IDisposable
{
    /// <summary>Where the server takes images.</summary>
    public Uri Address { get; } = address;

    /// <summary>A key it knows.</summary>
    public string Key { get; } = key;

    /// <summary>Sends the key.</summary>
    public HttpClient Known { get; } = new() { DefaultRequestHeaders = { Authorization = new("Bearer", key) } };

    /// <summary>Sends none.</summary>
    public HttpClient Stranger { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Known.Dispose();
        Stranger.Dispose();
    }
}
