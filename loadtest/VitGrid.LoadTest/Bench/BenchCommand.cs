using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Bench;

/// <summary>The options and the action of <c>bench</c>, wherever the command stands.</summary>
public sealed class BenchCommand
{
    /// <summary>What it says of itself.</summary>
    public const string Description =
        "Load a server that speaks OpenAI's /v1/embeddings for images and report throughput, latency and the bottleneck. Exit code 2 when "
            + "requests failed.";

    private readonly Option<Uri> _url = new(
        "--url") { Description = "The server's root, or its embeddings endpoint", DefaultValueFactory = _ => new(
            "http://127.0.0.1:8080/v1/embeddings"), CustomParser = Read(ReadUrl) };
    private readonly Option<string?> _model = new("--model") { Description = "Model to name in requests [default: none]" };
    private readonly Option<string?> _key = new(
        "--api-key") { Description = "Sent as Authorization: Bearer; also taken from the variable VITGRID_API_KEY" };
    private readonly Option<KeyValuePair<string, string>[]> _headers = new(
        "--header") { Description = "NAME: VALUE to send with each request; may be repeated", CustomParser = result => [
            .. result.Tokens.Select(token => ReadHeader(token.Value, result))] };
    private readonly Option<double[]> _rates = new(
        "--rate") { Description = "Open loop: requests a second, a step each, e.g. 10,20,40 [default: a closed loop]", CustomParser = Read(
            text => text.Split(',').Select(ReadRate).ToArray()) };
    private readonly Option<ArrivalProcess> _arrivals = new(
        "--arrivals") { Description = "Open loop: poisson or fixed [default: poisson]", CustomParser = Read(ReadArrivals) };
    private readonly Option<int> _connections = new(
        "--connections") { Description = "Closed loop: requests under way at once, 1–4096", DefaultValueFactory = _ => 8,
            CustomParser = Whole(1, OpenLoop.MaxUnderWay) };
    private readonly Option<LatencyGoal?> _goal = new(
        "--find-rate") { Description = "Search the highest rate within a bound, e.g. p99=200ms; begins with --rate, else 1 a second",
            CustomParser = Read<LatencyGoal?>(LatencyGoal.Parse) };
    private readonly Option<double> _duration = new(
        "--duration") { Description = "Seconds of a step or a probe, 0.1–86,400", DefaultValueFactory = _ => 30, CustomParser = Seconds(
            0.1) };
    private readonly Option<double> _warmUp = new(
        "--warm-up") { Description = "Seconds before the first step, 0–86,400", DefaultValueFactory = _ => 5, CustomParser = Seconds(0) };
    private readonly Option<double> _interval = new(
        "--interval") { Description = "Seconds of a point in the timeline, 0.1–86,400", DefaultValueFactory = _ => 1,
            CustomParser = Seconds(0.1) };
    private readonly Option<int> _seed = new(
        "--seed") { Description = "Equal seeds give equal images, requests and arrivals", DefaultValueFactory = _ => 1,
            CustomParser = Whole(0, 1_000_000) };
    private readonly Option<IReadOnlyList<ImageKind>?> _mix = new(
        "--mix") { Description = "Images to draw: FORMAT:WxH=WEIGHT,…; formats jpeg, png, webp (lossless) [default: jpeg:640x480]",
            CustomParser = Read<IReadOnlyList<ImageKind>?>(ImageKind.ParseMix) };
    private readonly Option<string?> _folder = new("--pictures") { Description = "Send the images of this folder instead" };
    private readonly Option<double> _duplicates = new(
        "--duplicates") { Description = "Part of images that repeat one of the last 512, 0–1", CustomParser = Read(ReadPart) };
    private readonly Option<int?> _workingSet = new(
        "--working-set") { Description = "Send so many images again and again, 1–1,000,000: all from the cache after the first time",
            CustomParser = result => Whole(1, 1_000_000)(result) };
    private readonly Option<RequestForm> _form = new(
        "--form") { Description = "json, raw or multipart [default: json]", CustomParser = Read(ReadForm) };
    private readonly Option<int> _images = new(
        "--per-request") { Description = "Images a request, 1–256", DefaultValueFactory = _ => 1, CustomParser = Whole(1, 256) };
    private readonly Option<IReadOnlyList<(string, double)>?> _lanes = new(
        "--lanes") { Description = "Lanes, e.g. interactive=0.8,bulk=0.2 [default: the server's]",
            CustomParser = Read<IReadOnlyList<(string, double)>?>(RequestShape.ParseLanes) };
    private readonly Option<int?> _timeout = new(
        "--timeout-ms") { Description = "Milliseconds the server has for an answer, 1–3,600,000", CustomParser = result => Whole(
            1, 3_600_000)(result) };
    private readonly Option<string?> _cache = new("--cache") { Description = "use, bypass or refresh [default: the server's]" };
    private readonly Option<bool> _plain = new("--plain") { Description = "Send OpenAI's fields only: no lane, timeout or cache" };
    private readonly Option<bool> _verify = new("--verify") { Description = "Compare the vectors of equal images bit for bit" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the report as JSON on stdout" };
    private readonly Option<string?> _out = new("--out") { Description = "Write the JSON report to this file" };
    private readonly Option<string?> _html = new("--html") { Description = "Write the report to this file as one HTML page" };

    /// <summary>Adds options and action to <paramref name="command"/>.</summary>
    /// <param name="command">The command, which has its name and examples.</param>
    /// <param name="output">Where the report goes when it is asked for.</param>
    /// <param name="error">Where everything else goes.</param>
    /// <param name="errorIsTerminal">Whether a person reads <paramref name="error"/>, so that progress is drawn.</param>
    public static void Fill(Command command, TextWriter output, TextWriter error, bool errorIsTerminal) =>
        Fill(command, new BenchOutput(output, error, errorIsTerminal));

    internal static void Fill(Command command, BenchOutput output) => new BenchCommand().AddTo(command, output);

    private void AddTo(Command command, BenchOutput output)
    {
        // One text holds the whole list.
        _mix.Arity = _rates.Arity = _lanes.Arity = ArgumentArity.ExactlyOne;
        _cache.AcceptOnlyFromAmong("use", "bypass", "refresh");
        foreach (Option option in (Option[])[
            _url, _model, _key, _headers, _rates, _arrivals, _connections, _goal, _duration, _warmUp, _interval, _seed, _mix, _folder,
            _duplicates, _workingSet, _form, _images, _lanes, _timeout, _cache, _plain, _verify, _json, _out, _html])
            command.Options.Add(option);
        command.Validators.Add(RefuseContradictions);
        command.SetAction((parsed, cancellation) => output.RunAsync(
            Options(parsed), Words(parsed), new(parsed.GetValue(_json), parsed.GetValue(_out), parsed.GetValue(_html)), cancellation));
    }

    private BenchOptions Options(ParseResult parsed) => new()
    {
        Address = parsed.GetValue(_url)!,
        Headers = [.. Key(parsed), .. parsed.GetValue(_headers) ?? []],
        Mix = parsed.GetValue(_mix) ?? ImageKind.ParseMix("jpeg:640x480"),
        Folder = parsed.GetValue(_folder),
        Rates = parsed.GetValue(_rates) ?? [],
        Process = parsed.GetValue(_arrivals),
        Connections = parsed.GetValue(_connections),
        Goal = parsed.GetValue(_goal),
        Duration = TimeSpan.FromSeconds(parsed.GetValue(_duration)),
        WarmUp = TimeSpan.FromSeconds(parsed.GetValue(_warmUp)),
        Interval = TimeSpan.FromSeconds(parsed.GetValue(_interval)),
        Seed = parsed.GetValue(_seed),
        Verify = parsed.GetValue(_verify),
        Shape = new()
        {
            Model = parsed.GetValue(_model),
            Form = parsed.GetValue(_form),
            Images = parsed.GetValue(_images),
            Duplicates = parsed.GetValue(_duplicates),
            WorkingSet = parsed.GetValue(_workingSet),
            Lanes = parsed.GetValue(_lanes) ?? [],
            TimeoutMs = parsed.GetValue(_timeout),
            Cache = parsed.GetValue(_cache),
            Plain = parsed.GetValue(_plain),
        },
    };

    private IEnumerable<KeyValuePair<string, string>> Key(ParseResult parsed) =>
        (parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable("VITGRID_API_KEY")) is { Length: > 0 } key
            ? [new("Authorization", $"Bearer {key}")] : [];

    /// <summary>The command as it was given; keys and headers stay out of reports.</summary>
    private string Words(ParseResult parsed)
    {
        HashSet<Token> secret = [
            .. new[] { parsed.GetResult(_key), parsed.GetResult(_headers) }.OfType<OptionResult>().SelectMany(result => result.Tokens)];
        return $"vitgrid {string.Join(' ', parsed.Tokens.Select(token => secret.Contains(token) ? "…" : token.Value))}";
    }

    private void RefuseContradictions(CommandResult result)
    {
        if (Given(result, _images) && Given(result, _form) && result.GetValue(_form) == RequestForm.Raw && result.GetValue(_images) > 1)
            result.AddError("--form raw holds one image; drop --per-request, or send json or multipart");
        if (Given(result, _rates) && Given(result, _connections))
            result.AddError("--rate is an open loop and --connections a closed one; give one of them");
        if (Given(result, _workingSet) && Given(result, _duplicates))
            result.AddError("--working-set repeats every image and --duplicates some; give one of them");
        if (result.GetValue(_plain) && Given(result, _form) && result.GetValue(_form) != RequestForm.Json)
            result.AddError("--plain sends OpenAI's JSON; drop --form");
    }

    private static bool Given(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static Func<ArgumentResult, T> Read<T>(Func<string, T> read) => result =>
    {
        try
        {
            return read(result.Tokens[^1].Value);
        }
        catch (FormatException exception)
        {
            result.AddError(exception.Message);
            return default!;
        }
    };

    private static Func<ArgumentResult, int> Whole(int least, int most) => Read(text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new FormatException($"'{text}' is not a whole number from {least} to {most}"));

    private static Func<ArgumentResult, double> Seconds(double least) => Read(text =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds >= least && seconds <= 86_400
            ? seconds
            : throw new FormatException(
                string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a number of seconds from {least} to 86400")));

    private static double ReadRate(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double rate) && rate is >= 0.001 and <= 1_000_000
            ? rate
            : throw new FormatException($"'{text}' is not a number of requests a second from 0.001 to 1000000");

    private static double ReadPart(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double part) && part is >= 0 and <= 1
            ? part : throw new FormatException($"'{text}' is not a part from 0 to 1");

    private static ArrivalProcess ReadArrivals(string text) => text switch
    {
        "poisson" => ArrivalProcess.Poisson,
        "fixed" => ArrivalProcess.Fixed,
        _ => throw new FormatException($"'{text}' is neither poisson nor fixed"),
    };

    private static RequestForm ReadForm(string text) => text switch
    {
        "json" => RequestForm.Json,
        "raw" => RequestForm.Raw,
        "multipart" => RequestForm.Multipart,
        _ => throw new FormatException($"'{text}' is none of json, raw, multipart"),
    };

    private static Uri ReadUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            throw new FormatException($"'{text}' is not an http or https URL, e.g. http://127.0.0.1:8080");
        return address.AbsolutePath == "/" ? new(address, "v1/embeddings") : address;
    }

    private static KeyValuePair<string, string> ReadHeader(string text, ArgumentResult result)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
            result.AddError("a header is NAME: VALUE, e.g. --header 'x-tenant: seven'");
        return colon < 1 ? default : new(text[..colon].Trim(), text[(colon + 1)..].Trim());
    }
}
