using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Pages;

/// <summary>Images that are sent while pages are open: of the cache, or computed.</summary>
internal sealed class BesideLoad : IDisposable
{
    private const int Connections = 4, WorkingSet = 64, ImageBytes = 100_000;
    private const string Model = "internvit-nano";

    private readonly ImageSet _images = ImageSet.OfEqualSize(ImageKind.ParseMix("jpeg:320x240")[0], ImageBytes, seed: 1);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly RequestShape _shape;
    private readonly RequestWriter _writer;

    /// <param name="server">The server.</param>
    /// <param name="kind"><c>hits</c> or <c>compute</c>.</param>
    public BesideLoad(Uri server, string kind)
    {
        Kind = kind;
        _shape = new()
        {
            Model = Model, Form = RequestForm.Raw, WorkingSet = WorkingSet, Cache = kind == "hits" ? "use" : "bypass",
        };
        _writer = new(new Uri(server, "v1/embeddings"), _shape, _images);
    }

    /// <summary>What is sent.</summary>
    public string Kind { get; }

    /// <summary>Answers per second over some time.</summary>
    /// <exception cref="InvalidOperationException">One was refused or failed.</exception>
    public async Task<double> RateAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        int answered = 0;
        HttpSender sender = new(_http, _writer, TimeSpan.FromMinutes(1), check: null);
        LoadClock clock = LoadClock.Start();
        await new ClosedLoop(new RequestPlan(_images, _shape, seed: 1), sender.SendAsync, clock, attempt =>
        {
            if (attempt.Answer.Ending != Ending.Answered)
                throw new InvalidOperationException($"an image beside open pages was not answered: {attempt.Answer.Fault}");
            Interlocked.Increment(ref answered);
        }).RunAsync(Connections, 0, time, cancellationToken);
        return answered / clock.Now().TotalSeconds;
    }

    public void Dispose() => _http.Dispose();
}
