using System.Net.Http.Headers;
using VitGrid.LoadTest.Images;

namespace VitGrid.Structure.Coverage;

/// <summary>The source files that one image passes: those with a line that runs for a warm request and not in an idle second.</summary>
internal sealed class ImagePath
{
    private const int Warming = 20;
    private const int Turns = 5;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    /// <summary>What is written after the answer left (access log, caches) has run by then.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private ImagePath(IEnumerable<ProbedPoint> points)
    {
        Files = [.. points.Select(point => point.File).Distinct().Order(StringComparer.Ordinal)];
        Acting = points.Where(point => !point.IsStored).Select(point => point.File).Distinct().Count();
    }

    /// <summary>The files, as paths from the checkout's folder, sorted.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>How many of them do more for an image than to hold a value in an automatic property.</summary>
    public int Acting { get; }

    /// <summary>
    /// Sends one new image after the other to <paramref name="server"/>, with an idle second before each, and keeps the lines that ran for
    /// every image and in none of the idle seconds: what runs now and then by itself is not the image's.
    /// </summary>
    /// <returns>The points that they passed.</returns>
    public static async Task<ImagePath> FollowAsync(InstrumentedServer server, CancellationToken cancellationToken)
    {
        using HttpClient http = new() { BaseAddress = server.Address };
        for (int i = 0; i < Warming; i++)
            await SendAsync(http, i, cancellationToken);
        HashSet<ProbedPoint>? always = null;
        HashSet<ProbedPoint> idle = [];
        for (int turn = 0; turn < Turns; turn++)
        {
            await Task.Delay(Settling, cancellationToken);
            await server.ReadAsync(cancellationToken);
            await Task.Delay(Idle, cancellationToken);
            idle.UnionWith(await server.ReadAsync(cancellationToken));
            await SendAsync(http, Warming + turn, cancellationToken);
            await Task.Delay(Settling, cancellationToken);
            IReadOnlyCollection<ProbedPoint> ran = await server.ReadAsync(cancellationToken);
            always = always is null ? [.. ran] : [.. always.Intersect(ran)];
        }
        return new(always!.Except(idle));
    }

    private static async Task SendAsync(HttpClient http, int seed, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(PngWriter.Write(Canvas.Draw(seed, 224, 224)));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using HttpResponseMessage answer = await http.PostAsync(new Uri("v1/embeddings", UriKind.Relative), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
