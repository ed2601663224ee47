using System.Diagnostics;
using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Benchmarks;

/// <summary>
/// One model in several precisions, the same image through each, taking turns in one run: seconds and CPU seconds an image, and how far
/// the vectors are from fp32's.
/// </summary>
/// <param name="model">Folder of the checkpoint.</param>
/// <param name="side">Side of the image.</param>
/// <param name="threads">Threads of each session.</param>
/// <param name="rounds">Turns of each precision.</param>
/// <param name="providers">Plug-ins; a precision of one is named <c>NAME:bf16</c>.</param>
internal sealed class PrecisionsBenchmark(string model, int side, int threads, int rounds, IEnumerable<PluginProvider> providers)
{
    private readonly IReadOnlyList<IExecutionBackend> _backends = ExecutionBackends.With(providers);
    private readonly InputSize _size = InputSize.Square(side);

    public IReadOnlyList<string> Run(IReadOnlyList<string> names, TextWriter progress)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        byte[] image = new byte[_size.PixelBytes];
        new Random(1).NextBytes(image);
        Way[] ways = [.. names.Select(name => new Way(name, Load(checkpoint, name)))];
        try
        {
            for (int round = 0; round <= rounds; round++)
            {
                foreach (Way way in ways)
                    way.Turn(image, checkpoint.Architecture, counted: round > 0);
                progress.WriteLine($"turn {round} of {rounds}");
            }
            return [Head(), .. ways.Select(way => way.Line(ways[0]))];
        }
        finally
        {
            Array.ForEach(ways, way => way.Session.Dispose());
        }
    }

    private string Head() =>
        string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(model))} at {side}, {threads} thread(s), median of "
                + $"{rounds} turns, one image");

    private ISegmentSession Load(Checkpoint checkpoint, string named)
    {
        string[] parts = named.Split(':');
        SegmentSettings settings = Settings(checkpoint, parts[^1]) with
        {
            Device = parts.Length == 1 ? ExecutionBackends.Processor : DeviceList.Parse($"{parts[0]}:0", _backends)[0],
        };
        return settings.Device.Backend.Load(checkpoint, settings);
    }

    private SegmentSettings Settings(Checkpoint checkpoint, string name) => new()
    {
        Device = ExecutionBackends.Processor,
        Blocks = new(0, checkpoint.Architecture.Depth),
        InputSize = _size,
        Threads = threads,
        Precision = name.StartsWith("int8", StringComparison.Ordinal) ? Precision.Int8 : Enum.Parse<Precision>(name, ignoreCase: true),
        EightBits = name switch { "int8-vnni" => EightBitForm.Vnni, "int8-pairsafe" => EightBitForm.PairSafe, _ => null },
    };

    private sealed record Way(string Name, ISegmentSession Session)
    {
        private readonly List<(double Wall, double Cpu)> _turns = [];
        private float[] _vector = [];

        public void Turn(byte[] image, EncoderArchitecture architecture, bool counted)
        {
            // The other way's threads spin on for a while after its turn.
            Session.RunPixels([image]).Dispose();
            using Process self = Process.GetCurrentProcess();
            (long began, TimeSpan used) = (Stopwatch.GetTimestamp(), self.TotalProcessorTime);
            using Activation activation = Session.RunPixels([image]);
            double wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
            self.Refresh();
            if (counted)
                _turns.Add((wall, (self.TotalProcessorTime - used).TotalSeconds));
            _vector = new float[2 * architecture.Width];
            activation.CopyPooled(architecture.Depth, 0, _vector);
        }

        public string Line(Way first)
        {
            TensorParity parity = TensorParity.Compare(Name, [_vector.Length], _vector, first._vector);
            (double wall, double cpu, double reference) =
                (Median(turn => turn.Wall), Median(turn => turn.Cpu), first.Median(turn => turn.Wall));
            return string.Create(CultureInfo.InvariantCulture,
                $"{Name,-13} {wall:F4} s an image ({1 / wall:F2} images/s), {cpu:F4} CPU s, "
                    + $"{reference / wall:F2} x {first.Name}; cosine to {first.Name} {parity.Cosine:F7}, "
                    + $"largest error {parity.MaxScaledError:0.0e+0}");
        }

        private double Median(Func<(double Wall, double Cpu), double> of) => _turns.Select(of).Order().ElementAt(_turns.Count / 2);
    }
}
