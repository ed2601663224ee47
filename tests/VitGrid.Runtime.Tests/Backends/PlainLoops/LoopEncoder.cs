using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Vit;

namespace VitGrid.Runtime.Tests.Backends.PlainLoops;

/// <summary>InternViT from its description, one image at a time: tokens are rows of D numbers, [T][D].</summary>
internal sealed class LoopEncoder(Checkpoint checkpoint, InputSize size)
{
    private readonly Dictionary<WeightSlice, float[]> _floats = [];
    private readonly EncoderArchitecture _shape = checkpoint.Architecture;
    private readonly int _rows = size.Height / checkpoint.Architecture.PatchSize, _columns = size.Width / checkpoint.Architecture.PatchSize;

    public ActivationShape HiddenState => new(1, size.Tokens(_shape), _shape.Width, ActivationType.Float32);

    /// <summary>uint8 [H, W, 3] → planes [3, H, W], each step rounded as the reference rounds it.</summary>
    public float[] Normalise(ReadOnlySpan<byte> pixels)
    {
        ImagePreprocessing preprocessing = checkpoint.Preprocessing;
        float[] planes = new float[size.PixelBytes];
        for (int i = 0; i < planes.Length; i++)
        {
            float centred = (pixels[i] / 255f) - preprocessing.Mean[i % 3];
            planes[(i % 3 * size.Height * size.Width) + (i / 3)] = centred / preprocessing.StandardDeviation[i % 3];
        }
        return planes;
    }

    /// <summary>Planes [3, H, W] → tokens: the class token, then the patches, each with its position.</summary>
    public double[][] Embed(ReadOnlySpan<float> planes)
    {
        float[] positions = Positions();
        double[][] tokens = new double[1 + (_rows * _columns)][];
        tokens[0] = [.. Floats(checkpoint.Weights.ClassToken!).Select(value => (double)value)];
        for (int patch = 1; patch < tokens.Length; patch++)
            tokens[patch] = Linear(Patch(planes, (patch - 1) / _columns, (patch - 1) % _columns), checkpoint.Weights.PatchEmbedding!);
        for (int i = 0; i < positions.Length; i++)
            tokens[i / _shape.Width][i % _shape.Width] += positions[i];
        return tokens;
    }

    /// <summary>A hidden state that another segment left, [T, D], as tokens.</summary>
    public double[][] Rows(ReadOnlySpan<float> state) =>
        [.. state.ToArray().Select(value => (double)value).Chunk(_shape.Width)];

    /// <summary>One pre-norm block.</summary>
    public double[][] Block(int index, double[][] x)
    {
        BlockWeights block = checkpoint.Weights.Blocks[index];
        double[][] normed = [.. x.Select(row => Norm(row, block.Norm1))];
        double[][] mixed = LoopAttention.Mix(
            [.. normed.Select(row => QueryKeyNorm(Linear(row, block.Query), block.QueryNorm))],
            [.. normed.Select(row => QueryKeyNorm(Linear(row, block.Key), block.KeyNorm))],
            [.. normed.Select(row => Linear(row, block.Value))],
            _shape.Heads);
        x = [.. x.Zip(mixed, (row, heads) => Add(row, Linear(heads, block.Projection), block.LayerScale1))];
        return [.. x.Select(row => Add(row, Mlp(Norm(row, block.Norm2), block), block.LayerScale2))];
    }

    /// <summary>The class token, then the mean of the patches: [2 · D].</summary>
    public double[] Pool(double[][] x) =>
        [.. x[0], .. Enumerable.Range(0, _shape.Width).Select(k => x.Skip(1).Average(row => row[k]))];

    private double[] Mlp(double[] row, BlockWeights block) =>
        Linear([.. Linear(row, block.Fc1).Select(LoopMath.Gelu)], block.Fc2);

    private double[] Linear(double[] row, LinearWeights weights) =>
        LoopMath.Linear(row, Floats(weights.Weight), weights.Bias is null ? null : Floats(weights.Bias));

    private double[] Norm(double[] row, NormWeights weights) => _shape.Norm == NormKind.RmsNorm
        ? LoopMath.RmsNorm(row, Floats(weights.Weight), _shape.NormEpsilon)
        : LoopMath.LayerNorm(row, Floats(weights.Weight), Floats(weights.Bias!), _shape.NormEpsilon);

    private double[] QueryKeyNorm(double[] row, NormWeights? weights) =>
        weights is null ? row : LoopMath.RmsNorm(row, Floats(weights.Weight), _shape.QueryKeyNormEpsilon);

    private double[] Add(double[] row, double[] branch, WeightSlice? scale) =>
        [.. row.Select((value, k) => value + (branch[k] * (scale is null ? 1 : Floats(scale)[k])))];

    /// <summary>One patch in the kernel's order: channel, row, column.</summary>
    private double[] Patch(ReadOnlySpan<float> planes, int row, int column)
    {
        int side = _shape.PatchSize;
        double[] patch = new double[3 * side * side];
        for (int i = 0; i < patch.Length; i++)
        {
            (int channel, int y, int x) = (i / (side * side), (row * side) + (i / side % side), (column * side) + (i % side));
            patch[i] = planes[(((channel * size.Height) + y) * size.Width) + x];
        }
        return patch;
    }

    private float[] Positions()
    {
        float[] stored = Floats(checkpoint.Weights.PositionEmbedding!);
        int side = _shape.ImageSize / _shape.PatchSize;
        return (_rows, _columns) == (side, side)
            ? stored
            : PositionTable.Fit(stored, _shape.Width, side, _rows, _columns, _shape.Interpolation);
    }

    private float[] Floats(WeightSlice slice)
    {
        if (!_floats.TryGetValue(slice, out float[]? floats))
            _floats.Add(slice, floats = checkpoint.ReadFloats(slice));
        return floats;
    }
}
