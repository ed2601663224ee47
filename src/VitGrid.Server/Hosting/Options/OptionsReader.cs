using System.Globalization;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Section <c>VitGrid</c> becomes <see cref="ServerOptions"/>, or all that is wrong with it at once.</summary>
internal static class OptionsReader
{
    public const string SectionName = "VitGrid";

    private const long Mebibyte = 1L << 20;
    private const long Tebibyte = 1L << 40;

    /// <exception cref="OptionsException">Something is wrong; the message lists everything.</exception>
    public static ServerOptions Read(IConfiguration configuration)
    {
        List<string> faults = [];
        SectionReader root = new(configuration.GetSection(SectionName), faults);
        GridRole role = root.Choice("Role", GridRole.All);
        ServerOptions options = new()
        {
            Role = role,
            Models = ReadModels(root),
            Devices = ReadDevices(root),
            Batching = root.Section("Batching", ReadBatching),
            Queue = root.Section("Queue", ReadQueue),
            Images = root.Section("Images", ReadImages),
            Cache = root.Section("Cache", CacheReader.Read),
            Cluster = root.Section("Cluster", section => ClusterReader.Read(section, role, variable => configuration[variable])),
            Indexing = root.Section("Indexing", IndexingReader.Read),
            UrlFetch = root.Section("UrlFetch", UrlFetchReader.Read),
            Http = root.Section("Http", ReadHttp),
            Shutdown = root.Section("Shutdown", ReadShutdown),
        };
        root.RejectUnknown();
        faults.AddRange(OptionsChecks.Contradictions(options));
        return faults.Count == 0 ? options : throw new OptionsException(faults);
    }

    private static IReadOnlyList<ModelSettings> ReadModels(SectionReader root) => root.Sections("Models", model => new ModelSettings
    {
        Model = Required(model, "Model"),
        Name = model.Text("Name"),
        Precision = ReadPrecision(model),
        Segments = model.Integer("Segments", 0, 0, 1_000),
        Replicas = model.Integer("Replicas", 0, 0, 10_000),
        Preprocess = model.Text("Preprocess"),
    });

    private static string Required(SectionReader section, string key)
    {
        string? text = section.Text(key);
        if (text is null)
            section.Reject(key, "is missing; it takes the name, folder or hub id of a checkpoint");
        return text ?? "";
    }

    private static Precision? ReadPrecision(SectionReader model)
    {
        string? text = model.Text("Precision");
        if (text is null || text.Equals("auto", StringComparison.OrdinalIgnoreCase))
            return null;
        return model.Choice("Precision", Precision.Fp32);
    }

    private static IReadOnlyList<DeviceSpec> ReadDevices(SectionReader root)
    {
        IReadOnlyList<string> names = root.List("Devices");
        if (names.Count == 0)
            return new ServerOptions().Devices;
        try
        {
            return DeviceList.Parse(string.Join(',', names));
        }
        catch (FormatException exception)
        {
            root.Reject("Devices", $"is '{string.Join(',', names)}': {exception.Message}");
            return new ServerOptions().Devices;
        }
    }

    private static BatchingOptions ReadBatching(SectionReader section)
    {
        BatchingOptions standard = new();
        return new()
        {
            MaxBatchSize = section.Integer("MaxBatchSize", standard.MaxBatchSize, 1, 256),
            MaxBatchGigaflop = section.Integer("MaxBatchGigaflop", standard.MaxBatchGigaflop, 1, 1_000_000),
            MaxDelayMilliseconds = section.Integer("MaxDelayMilliseconds", standard.MaxDelayMilliseconds, 0, 1_000),
            PreferredSizes = ReadSizes(section, standard.PreferredSizes),
            InteractiveWeight = section.Integer("InteractiveWeight", standard.InteractiveWeight, 1, 100),
        };
    }

    private static IReadOnlyList<int> ReadSizes(SectionReader section, IReadOnlyList<int> standard)
    {
        const string Key = "PreferredSizes";
        IReadOnlyList<string> texts = section.List(Key);
        if (texts.Count > 16)
            section.Reject(Key, $"holds {texts.Count} sizes; it takes at most 16");
        List<int> sizes = [];
        foreach (string text in texts)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= 256)
                sizes.Add(size);
            else
                section.Reject(Key, $"holds '{text}'; it takes whole numbers from 1 to 256, comma-separated");
        }
        return texts.Count == 0 ? standard : sizes;
    }

    private static QueueOptions ReadQueue(SectionReader section)
    {
        QueueOptions standard = new();
        return new()
        {
            MaxImages = section.Integer("MaxImages", standard.MaxImages, 1, 1_000_000),
            MaxBytes = section.Long("MaxBytes", standard.MaxBytes, Mebibyte, Tebibyte),
            DefaultTimeoutMilliseconds = section.Integer("DefaultTimeoutMilliseconds", standard.DefaultTimeoutMilliseconds, 1, 3_600_000),
        };
    }

    private static ImageOptions ReadImages(SectionReader section)
    {
        ImageOptions standard = new();
        return new()
        {
            MaxFileBytes = section.Long("MaxFileBytes", standard.MaxFileBytes, 1_000, 1_000_000_000),
            MaxPixels = section.Long("MaxPixels", standard.MaxPixels, 1, 1L << 31),
            ExifOrientation = section.Choice("ExifOrientation", standard.ExifOrientation),
            Grey16 = section.Choice("Grey16", standard.Grey16),
            FastDecode = section.Flag("FastDecode", standard.FastDecode),
            DecodeThreads = section.Integer("DecodeThreads", standard.DecodeThreads, 1, 1_024),
        };
    }

    private static HttpOptions ReadHttp(SectionReader section)
    {
        HttpOptions standard = new();
        IReadOnlyList<string> urls = section.List("Urls");
        return new()
        {
            Urls = urls.Count == 0 ? standard.Urls : urls,
            MaxBodyBytes = section.Long("MaxBodyBytes", standard.MaxBodyBytes, 1_000, 1_000_000_000),
            MaxBufferedBytes = section.Long("MaxBufferedBytes", standard.MaxBufferedBytes, Mebibyte, Tebibyte),
            MaxInputs = section.Integer("MaxInputs", standard.MaxInputs, 1, 10_000),
            KeepAliveSeconds = section.Integer("KeepAliveSeconds", standard.KeepAliveSeconds, 1, 86_400),
        };
    }

    private static StopOptions ReadShutdown(SectionReader section)
    {
        StopOptions standard = new();
        return new()
        {
            DrainMilliseconds = section.Integer("DrainMilliseconds", standard.DrainMilliseconds, 1, 3_600_000),
            LingerMilliseconds = section.Integer("LingerMilliseconds", standard.LingerMilliseconds, 0, 60_000),
        };
    }
}
