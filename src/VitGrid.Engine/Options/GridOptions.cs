using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Images;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>Everything the grid is told at start: its settings, and the models where they lie.</summary>
public sealed record GridOptions : GridSettings
{
    /// <summary>Creates options with every default: one CPU device with every core.</summary>
    public GridOptions() => Devices = [new DeviceSpec(DeviceKind.Cpu, 0)];

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
    internal PreprocessProfile Profile(ModelInfo model, string? name, ExifOrientation? exif)
    {
        PreprocessProfile profile = name is null ? model.Profile : Profile(name, model.Preprocessing);
        return exif is { } asked ? profile with { Exif = asked } : profile;
    }

    /// <summary>
    /// The profile that <paramref name="name"/> means for a checkpoint under these options; see <see cref="PreprocessProfile.Resolve"/>.
    /// </summary>
    internal PreprocessProfile Profile(string? name, ImagePreprocessing preprocessing)
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
        DeviceKind[] kinds = [.. Devices.Select(device => device.Kind).Distinct()];
        return (kinds, precision) switch
        {
            ({ Length: > 1 }, not Precision.Fp32) =>
                " over CPU and CUDA devices, which only fp32 can span; use fp32, or devices of one kind",
            ([DeviceKind.Cpu], Precision.Fp16) =>
                ", which CUDA devices have; on a CPU use fp32, int8, or bf16 for checkpoints stored in bf16",
            ([DeviceKind.Cuda], Precision.Int8) => ", which CPU devices have; on CUDA use auto, which is bf16 or fp16 there",
            ([DeviceKind.Cpu], Precision.Int8) when EightBitKernel.Fault is { } fault => $": {fault}",
            _ => null,
        };
    }
}
