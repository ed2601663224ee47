using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>Everything the grid is told at start: its settings, and the models where they lie.</summary>
public sealed record GridOptions : GridSettings
{
    /// <summary>Creates options with every default: one CPU device with every core.</summary>
    public GridOptions() => Devices = [ExecutionBackends.Processor];

    /// <summary>Creates options with settings that were read; a model is still to be named.</summary>
    /// <param name="settings">The settings.</param>
    public GridOptions(GridSettings settings)
        : base(settings)
    {
    }

    /// <summary>The models to serve; at least one, but none at a front end, which learns them from the workers.</summary>
    [Section]
    public required IReadOnlyList<ModelOptions> Models { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(SettingPath path)
    {
        // A front end has neither.
        bool isFrontEnd = this is { Models.Count: 0, Devices.Count: 0, Cluster.IsClustered: true };
        SettingPath models = path[nameof(Models)];
        if (Models.Count == 0 && !isFrontEnd)
            yield return $"{models} is empty; name at least one checkpoint folder";
        if (Devices.Count == 0 && !isFrontEnd)
            yield return $"{path[nameof(Devices)]} is empty; name at least one, such as cpu:0";
        foreach (IGrouping<string, ModelOptions> same in Models.GroupBy(model => model.Name).Where(group => group.Count() > 1))
            yield return $"{models}: '{same.Key}' is the name of {same.Count()} models "
                + $"({string.Join(", ", same.Select(model => model.Directory))}); names must differ";
        foreach ((int index, ModelOptions model) in Models.Index())
        {
            if (PrecisionFault(model.Precision) is { } fault)
                yield return $"{models[index][nameof(model.Precision)]} of '{model.Name}' is {model.Precision}{fault}";
        }
        foreach (string fault in base.Faults(path))
            yield return fault;
    }

    /// <summary>The profile that a request asks <paramref name="model"/> for; null parts take the model's own.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is unknown; the message lists the known ones.</exception>
    public PreprocessProfile Profile(ModelInfo model, string? name, ExifOrientation? exif)
    {
        PreprocessProfile profile = name is null ? model.Profile : Profile(name, model.Preprocessing);
        return exif is { } asked ? profile with { Exif = asked } : profile;
    }

    /// <summary>
    /// The profile that <paramref name="name"/> means for a checkpoint under these options; see <see cref="PreprocessProfile.Resolve"/>.
    /// </summary>
    public PreprocessProfile Profile(string? name, ImagePreprocessing preprocessing)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(name, preprocessing);
        return profile with
        {
            Exif = Images.ExifOrientation,
            Grey16 = Images.Grey16,
            FastDecode = profile.FastDecode || (name is null && Images.FastDecode),
        };
    }

    /// <summary>Segments of one model hand each other hidden states of one type, whatever device they lie on.</summary>
    private string? PrecisionFault(Precision precision)
    {
        IExecutionBackend[] backends = [.. Devices.Select(device => device.Backend).Distinct()];
        if (backends.Select(backend => backend.FindArithmetic(precision)?.Name).Distinct().Count() > 1)
            return $" over {Kinds(backends)} devices, {SpanRemedy(precision, backends)}";
        return backends.Select(backend => backend.Refusal(precision)).FirstOrDefault(refusal => refusal is not null);
    }

    private static string SpanRemedy(Precision precision, IReadOnlyList<IExecutionBackend> backends) =>
        backends.Select(backend => backend.FindArithmetic(Precision.Fp32)?.Name).Distinct().Count() == 1
            ? "which only fp32 can span; use fp32, or devices of one kind"
            : $"which do not compute the same in {precision}; use devices of one kind";

    private static string Kinds(IEnumerable<IExecutionBackend> backends) =>
        string.Join(" and ", backends.Select(backend => backend.Kind.ToUpperInvariant()).Order(StringComparer.Ordinal));
}
