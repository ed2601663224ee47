using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Tests.Backends.PlainLoops;

/// <summary>
/// A second backend, to show the way: no graph, no library, loops over the weights in double precision. Devices <c>loops:N</c>.
/// </summary>
internal sealed class PlainLoopsBackend : IExecutionBackend
{
    public string Kind => "loops";

    public bool SharesHost => true;

    public BackendLibrary? Library => null;

    public DeviceSurvey Survey() => new(
        [new(new(this, 0), HostMachine.Processor, HostMachine.MemoryBytes, HostMachine.MemoryBytes, null, Environment.ProcessorCount, 1e9)],
        null);

    public Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices) => Precision.Fp32;

    public Arithmetic? FindArithmetic(Precision precision) =>
        precision == Precision.Fp32 ? new("loops", ActivationType.Float32, new ParityLimit(2e-5)) : null;

    public string? Refusal(Precision precision) => precision == Precision.Fp32 ? null : ", which CPU devices have; on loops use fp32";

    public ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        if (FindArithmetic(settings.Precision) is null)
            throw new NotSupportedException($"precision {settings.Precision} is not available on {settings.Device.Name}; use fp32");
        if (checkpoint.FamilyName != "InternViT")
            throw new NotSupportedException(
                $"{settings.Device.Name} computes InternViT; {checkpoint.Directory} is of the family {checkpoint.FamilyName}: use cpu:N");
        SegmentRequest request = new()
        {
            Blocks = settings.Blocks,
            InputSize = settings.InputSize,
            Input = settings.Input,
            PooledLayers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth),
            HiddenStates = settings.HiddenStates ? SegmentBuilder.AllLayers(checkpoint.Architecture.Depth) : [],
        };
        return new LoopSession(new(checkpoint, settings.InputSize), request, SegmentPorts.From(checkpoint.Architecture, request));
    }
}
