using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using VitGrid.Client;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Model.Tensors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>What became of one input: a result or an error.</summary>
internal readonly record struct ImageOutcome(EmbeddingResult? Result, ApiError? Error)
{
    /// <summary>Whether the input was a text.</summary>
    public bool IsText { get; init; }
}

/// <summary>
/// Runs all images of one request at once; how many really compute is the grid's decision. When one failure fails the request, the
/// images after it are cancelled and those before it still decide: the lowest failing index is reported, whatever finished first. A refusal
/// that is about the moment (a full queue) cancels all of them: nothing is computed for a request that will be sent again.
/// </summary>
internal sealed class ImageRun(Func<ImageInput, CancellationToken, Task<EmbeddingResult>> embed, bool partial)
{
    private CancellationTokenSource[] _sources = [];
    private ApiError? _refusal;

    /// <summary>One outcome an image, in order; without <c>partial</c> each has a result.</summary>
    /// <exception cref="ApiException">An image's refusal fails the request.</exception>
    public async Task<ImageOutcome[]> RunAsync(IReadOnlyList<ImageInput> images, CancellationToken cancellationToken)
    {
        if (!partial && images.FirstOrDefault(image => image.Fault is not null).Fault is { } unreadable)
            throw new ApiException(unreadable);
        _sources = [.. images.Select(_ => new CancellationTokenSource())];
        await using (cancellationToken.UnsafeRegister(run => ((ImageRun)run!).CancelFrom(0), this))
        {
            Task<ImageOutcome>[] running = [.. images.Select((image, i) => EmbedAsync(image, i))];
            // Not WhenAll's exception: it is the first in time, ours is the first in order.
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return _refusal is null ? await InOrderAsync(running) : throw new ApiException(_refusal);
        }
    }

    private async Task<ImageOutcome> EmbedAsync(ImageInput image, int index)
    {
        if (image.Fault is { } unreadable)
            return new(null, unreadable);
        try
        {
            return new(await embed(image, _sources[index].Token), null) { IsText = image.Words is not null };
        }
        catch (Exception exception) when (partial && ErrorMapping.ConcernsOneImage(exception))
        {
            return new(null, ErrorMapping.From(exception, image.Param)! with { Param = image.Param });
        }
        catch (Exception exception)
        {
            ApiError? known = ErrorMapping.From(exception, image.Param);
            bool ofTheMoment = known is not null && ErrorMapping.IsWorthRetrying(known);
            if (ofTheMoment)
                Interlocked.CompareExchange(ref _refusal, known, null);
            CancelFrom(ofTheMoment ? 0 : index + 1);
            if (known is null)
                throw;
            throw new ApiException(known);
        }
    }

    private void CancelFrom(int index)
    {
        foreach (CancellationTokenSource source in _sources.AsSpan(index))
            source.Cancel();
    }

    /// <summary>
    /// Awaiting in order throws the lowest failure: an image is only ever cancelled by one before it, or with the whole request.
    /// </summary>
    private static async Task<ImageOutcome[]> InOrderAsync(Task<ImageOutcome>[] running)
    {
        ImageOutcome[] outcomes = new ImageOutcome[running.Length];
        for (int i = 0; i < running.Length; i++)
            outcomes[i] = await running[i];
        if (outcomes.All(outcome => outcome.Result is null) && outcomes[0].Error is { } error && ErrorMapping.IsWorthRetrying(error))
            throw new ApiException(error with { Param = null });
        return outcomes;
    }
}

/// <summary>What a client should know of images that were answered.</summary>
internal static class ImageHints
{
    private const int MaxNamed = 4;

    /// <summary>The hints of a request's images; <paramref name="outcomes"/> stand in the order of <paramref name="images"/>.</summary>
    public static IEnumerable<string> From(IReadOnlyList<ImageInput> images, IReadOnlyList<ImageOutcome> outcomes) =>
        outcomes.Any(outcome => outcome.Result?.IgnoredOrientation > 1)
            ? OfOrientations([.. images.Select((image, i) => (image.Param, outcomes[i].Result?.IgnoredOrientation ?? 1))])
            : [];

    /// <summary>One hint for all images whose EXIF orientation was ignored; none where there is no such image.</summary>
    /// <param name="images">The place of each image, and its orientation; 1 where nothing was ignored.</param>
    public static IEnumerable<string> OfOrientations(IReadOnlyList<(string Param, int Orientation)> images)
    {
        (string Param, int Orientation)[] ignored = [.. images.Where(image => image.Orientation > 1)];
        if (ignored.Length == 0)
            yield break;
        string named = string.Join(", ", ignored.Take(MaxNamed).Select(
            image => string.Create(CultureInfo.InvariantCulture, $"{image.Param} ({image.Orientation})")));
        yield return $"EXIF orientation ignored: {named}{(ignored.Length > MaxNamed ? $" and {ignored.Length - MaxNamed} more" : "")}; "
            + "send exif=apply to turn such images upright, exif=ignore to hear no more of it";
    }
}

/// <summary>The headers that answers have in every protocol.</summary>
internal static class AnswerHeaders
{
    /// <summary>How many images the cache held.</summary>
    public const string Cache = "x-vitgrid-cache";

    /// <summary>What a client should know of its request although it was answered; a header for each hint.</summary>
    public const string Hint = "x-vitgrid-hint";

    /// <summary>Each stage the longest any image spent in it: they run side by side.</summary>
    public static EmbeddingTimings Longest(IReadOnlyList<EmbeddingResult> results) => new(
        Longest(results, timings => timings.Cache),
        Longest(results, timings => timings.Decode),
        Longest(results, timings => timings.Queue),
        Longest(results, timings => timings.Infer))
    { Fetch = Longest(results, timings => timings.Fetch) };

    /// <summary>Writes <c>Server-Timing</c>, in milliseconds.</summary>
    public static void WriteServerTiming(IHeaderDictionary headers, EmbeddingTimings longest) => headers["Server-Timing"] = string.Join(
        ", ", Stage("fetch", longest.Fetch), Stage("decode", longest.Decode), Stage("cache", longest.Cache),
        Stage("queue", longest.Queue), Stage("infer", longest.Infer));

    /// <summary>Writes the cache's hits.</summary>
    public static void WriteCache(IHeaderDictionary headers, IReadOnlyList<EmbeddingResult> results)
    {
        int hits = results.Count(result => result.FromCache);
        headers[Cache] = string.Create(CultureInfo.InvariantCulture, $"hit={hits},miss={results.Count - hits}");
    }

    /// <summary>Writes a header for each hint.</summary>
    public static void WriteHints(IHeaderDictionary headers, IReadOnlyList<string> hints)
    {
        foreach (string hint in hints)
            headers.Append(Hint, ToHeader(hint));
    }

    /// <summary>A header takes printable ASCII alone.</summary>
    private static string ToHeader(string hint) =>
        string.Concat(hint.Replace("…", "...", StringComparison.Ordinal).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private static string Stage(string name, TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{name};dur={time.TotalMilliseconds:0.###}");

    private static TimeSpan Longest(IReadOnlyList<EmbeddingResult> results, Func<EmbeddingTimings, TimeSpan> stage) =>
        results.Count == 0 ? TimeSpan.Zero : results.Max(result => stage(result.Timings));
}

/// <summary>
/// From the grid's un-normalised vector to what a client asked for.
/// <para><c>float</c>, <c>float16</c>: the value, rounded to nearest even; float16 saturates at ±65504.</para>
/// <para><c>int8</c>: <see cref="SmallNumbers.Scale"/>, −127…127; <c>uint8</c>: the same plus 128.</para>
/// <para><c>ubinary</c>: <see cref="SmallNumbers.Pack"/>; <c>binary</c>: the same bytes minus 128, as signed numbers
/// (sentence-transformers' <c>quantize_embeddings</c>).</para>
/// </summary>
internal static class VectorEncoding
{
    /// <summary><see cref="UnitLength.Normalize"/>.</summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static float[] Normalize(ReadOnlySpan<float> vector) => UnitLength.Normalize(vector);

    /// <summary>The vector in the form <paramref name="fields"/> ask for.</summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static EmbeddingVector Encode(ReadOnlyMemory<float> vector, EmbeddingFields fields)
    {
        ReadOnlyMemory<float> values = Values(vector, fields);
        return fields.Encoding == EncodingFormat.Base64
            ? EmbeddingVector.FromBytes(Bytes(values.Span, fields.Type))
            : EmbeddingVector.FromNumbers(Numbers(values, fields.Type));
    }

    /// <summary>The vector's numbers, normalised where <paramref name="fields"/> ask for it.</summary>
    /// <exception cref="ArithmeticException">A value is NaN or infinite.</exception>
    public static ReadOnlyMemory<float> Values(ReadOnlyMemory<float> vector, EmbeddingFields fields)
    {
        ReadOnlyMemory<float> values = fields.Normalize ? Normalize(vector.Span) : vector;
        return values.Span.ContainsAnyExceptFinite() ? throw UnitLength.NotFinite(values.Span) : values;
    }

    private static ReadOnlyMemory<float> Numbers(ReadOnlyMemory<float> values, EmbeddingType type) => type switch
    {
        EmbeddingType.Float => values,
        EmbeddingType.Float16 => Array.ConvertAll(Halves(values.Span), half => (float)half),
        EmbeddingType.Int8 => Array.ConvertAll(Scaled(values.Span), value => (float)value),
        EmbeddingType.UInt8 => Array.ConvertAll(Scaled(values.Span), value => (float)(value + 128)),
        EmbeddingType.Binary => Array.ConvertAll(Packed(values.Span), value => (float)(value - 128)),
        _ => Array.ConvertAll(Packed(values.Span), value => (float)value),
    };

    private static byte[] Bytes(ReadOnlySpan<float> values, EmbeddingType type) => type switch
    {
        EmbeddingType.Float => SingleBytes(values),
        EmbeddingType.Float16 => HalfBytes(Halves(values)),
        EmbeddingType.Int8 => Array.ConvertAll(Scaled(values), value => unchecked((byte)value)),
        EmbeddingType.UInt8 => Array.ConvertAll(Scaled(values), value => (byte)(value + 128)),
        EmbeddingType.Binary => Array.ConvertAll(Packed(values), value => unchecked((byte)(value - 128))),
        _ => Packed(values),
    };

    private static Half[] Halves(ReadOnlySpan<float> values)
    {
        float[] within = new float[values.Length];
        TensorPrimitives.Clamp(values, (float)Half.MinValue, (float)Half.MaxValue, within);
        return HalfNumbers.Narrow(within);
    }

    private static sbyte[] Scaled(ReadOnlySpan<float> values)
    {
        sbyte[] scaled = new sbyte[values.Length];
        SmallNumbers.Scale(values, scaled);
        return scaled;
    }

    private static byte[] Packed(ReadOnlySpan<float> values)
    {
        byte[] packed = new byte[SmallNumbers.PackedBytes(values.Length)];
        SmallNumbers.Pack(values, packed);
        return packed;
    }

    private static byte[] SingleBytes(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private static byte[] HalfBytes(Half[] values)
    {
        byte[] bytes = new byte[values.Length * 2];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), values[i]);
        return bytes;
    }

    private static bool ContainsAnyExceptFinite(this ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                return true;
        }
        return false;
    }
}
