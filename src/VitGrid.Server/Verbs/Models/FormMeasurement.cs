using System.Diagnostics;
using VitGrid.Engine.Replica;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Page.Layout;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Server.Api.Pages;

namespace VitGrid.Server.Verbs.Models;

/// <summary>
/// Measures a form of a model on this machine: how many images per second it computes, one at a time, and how near its vectors are to those
/// in single precision. The images are the drawings that come with the page; the whole model is loaded beside whatever is served.
/// </summary>
internal static class FormMeasurement
{
    /// <summary>Of each image; the median of all is told.</summary>
    private const int Runs = 3;

    private static readonly DeviceSpec Reference = ExecutionBackends.Processor;

    /// <summary>The forms that the host's cores compute under some of these devices, as <c>--precision</c> names them.</summary>
    public static IReadOnlyList<string> Forms(IReadOnlyList<DeviceSpec> devices) =>
        [.. Enum.GetValues<Precision>().Where(form => Find(devices, form) is not null).Select(Name)];

    /// <summary>Measures one; takes seconds to minutes.</summary>
    /// <exception cref="CheckpointException">The model cannot be served.</exception>
    /// <exception cref="NotSupportedException">It has no such form here, reads no images, or is too large.</exception>
    public static MeasuredForm Run(
        LocatedModel model, IReadOnlyList<DeviceSpec> devices, Precision form, CancellationToken cancellationToken)
    {
        DeviceSpec device = Find(devices, form) ?? throw new NotSupportedException(
            $"no device of this process computes {Name(form)} on the host's cores; it can measure {string.Join(", ", Forms(devices))}");
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        if (checkpoint.TextTower == checkpoint)
            throw new NotSupportedException($"{model.Name} reads no images; only what images take is measured here");
        DemandMemory(checkpoint, model.Name);
        byte[][] images = Images(InputSize.Of(checkpoint.Preprocessing));
        (float[][] vectors, double seconds) = Compute(checkpoint, device, form, images, cancellationToken);
        float[][] reference = Compute(checkpoint, Reference, Precision.Fp32, images, cancellationToken).Vectors;
        double cosine = vectors.Zip(reference, (own, other) => TensorParity.Compare("", [own.Length], own, other).Cosine).Min();
        return new(model.Name, Name(form), device.Name, 1 / seconds, cosine, images.Length);
    }

    private static DeviceSpec? Find(IReadOnlyList<DeviceSpec> devices, Precision form) => devices.FirstOrDefault(
        device => device.Backend.SharesHost && device.Backend.FindArithmetic(form) is not null && device.Backend.Refusal(form) is null);

    private static string Name(Precision form) => form.ToString().ToLowerInvariant();

    /// <summary>Served models go first: what is free is halved.</summary>
    private static void DemandMemory(Checkpoint checkpoint, string name)
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        long free = memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes, needed = 2 * checkpoint.ParameterCount * sizeof(float);
        if (needed > free / 2)
        {
            throw new NotSupportedException(
                $"{name} would take up to {Amounts.Bytes(needed)} to be measured, more than half of the {Amounts.Bytes(free)} that this "
                    + "machine has free beside what it serves; measure it where nothing is served");
        }
    }

    private static (float[][] Vectors, double Seconds) Compute(
        Checkpoint checkpoint, DeviceSpec device, Precision form, byte[][] images, CancellationToken cancellationToken)
    {
        int last = checkpoint.Architecture.Depth;
        using ISegmentSession session = SegmentLoading.Load(checkpoint, new()
        {
            Blocks = new(0, last), InputSize = InputSize.Of(checkpoint.Preprocessing), Device = device, Precision = form,
        });
        session.RunPixels([images[0]]).Dispose();
        List<double> seconds = [];
        float[][] vectors = new float[images.Length][];
        for (int run = 0; run < Runs * images.Length; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long begun = Stopwatch.GetTimestamp();
            using Activation made = session.RunPixels([images[run % images.Length]]);
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            made.CopyPooled(last, 0, vectors[run % images.Length] = new float[made.PooledWidth(last)]);
        }
        return (vectors, seconds.Order().ElementAt(seconds.Count / 2));
    }

    private static byte[][] Images(InputSize size)
    {
        PreprocessProfile profile = new() { Mode = ResizeMode.Squash, Size = size };
        ImagePreprocessor decoder = new(new ImageLimits());
        return [.. PageAssets.Drawings.Select(name =>
        {
            ReadOnlyMemory<byte> file = PageAssets.Find(name)!.Bytes;
            byte[] pixels = new byte[size.PixelBytes];
            decoder.Decode(new(file, profile, decoder.Measure(file.Span, profile)), pixels, CancellationToken.None);
            return pixels;
        })];
    }
}
