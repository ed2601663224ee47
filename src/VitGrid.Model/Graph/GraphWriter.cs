using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using VitGrid.Model.Graph.Onnx;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using static VitGrid.Model.Graph.Onnx.AttributeProto.Types;

namespace VitGrid.Model.Graph;

/// <summary>
/// Writes one ONNX graph. The grammar of names: a node is called by its path (<c>blocks.3/attention/query</c>) and its only
/// output has the node's name, so that every intermediate can be addressed. Weights are named by their role's path too and
/// point into the checkpoint's files.
/// </summary>
/// <param name="weightFolder">The folder that external data is found relative to: an ancestor of every weight file.</param>
/// <param name="compute">The element type that hidden states and weights are computed in.</param>
/// <param name="isResizable">Whether one graph serves images of every size: what depends on it is then an input.</param>
internal sealed class GraphWriter(string weightFolder, ElementType compute = ElementType.Float, bool isResizable = false)
{
    private const int IrVersion = 10;

    // The first with Gelu. A kernel serves only the versions of an operator that it was registered for, and the CUDA provider
    // follows the standard later than the CPU's: an operator without a kernel there ends a session.
    private const int Opset = 20;
    private const string Contrib = "com.microsoft";
    private const long AnySize = -3;

    private readonly GraphProto _graph = new() { Name = "segment" };
    private readonly List<NodeProto> _weightCasts = [];
    private readonly List<SegmentWeight> _weights = [];
    private readonly List<SizedTensor> _sizes = [];

    /// <summary>The weights that are computed with as they lie in their files.</summary>
    public IReadOnlyList<SegmentWeight> Weights => _weights;

    /// <summary>What depends on the size of the images, in a graph that serves every size; else nothing.</summary>
    public IReadOnlyList<SizedTensor> Sizes => _sizes;

    /// <summary>Whether one graph serves images of every size.</summary>
    public bool IsResizable => isResizable;

    /// <summary>The element type that hidden states and weights are computed in.</summary>
    public ElementType Compute => compute;

    /// <summary>A dimension of an input or output that depends on the size of the images.</summary>
    public long Size(int dimension) => isResizable ? AnySize : dimension;

    /// <summary>Declares an input; a dimension of −1 is the batch, one of −2 the tokens of each of its texts.</summary>
    public Value Input(string name, ElementType type, params ReadOnlySpan<long> shape)
    {
        _graph.Input.Add(Declare(name, type, shape));
        return new(name);
    }

    /// <summary>Makes <paramref name="value"/> a graph output under its own name.</summary>
    public void Output(Value value, ElementType type, params ReadOnlySpan<long> shape) =>
        _graph.Output.Add(Declare(value.Name, type, shape));

    /// <summary>Adds an operator of the standard domain and returns its output.</summary>
    public Value Node(string op, string path, ReadOnlySpan<Value> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Add(op, "", path, inputs, attributes);

    /// <summary>Adds one of ONNX Runtime's own operators and returns its output.</summary>
    public Value ContribNode(string op, string path, ReadOnlySpan<Value> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Add(op, Contrib, path, inputs, attributes);

    /// <summary>
    /// A weight as it is computed with: where it lies, behind a Cast when it is stored as another type. The runtime folds such a Cast at
    /// load, so that the weight is converted once, unless it is told not to. Then the Cast runs right before the weight is used: of a
    /// node's inputs the runtime computes those first that stand last in the graph, and these Casts stand first. Behind the node's other
    /// input they would all run before the first block, and hold every weight of the segment a second time.
    /// </summary>
    /// <param name="path">The weight's path.</param>
    /// <param name="slice">Where it lies.</param>
    /// <param name="shape">The shape to read it as, when not its stored one; the same number of elements.</param>
    public Value Weight(string path, WeightSlice slice, params ReadOnlySpan<long> shape)
    {
        ElementType stored = ElementTypes.From(slice.Tensor);
        if (stored == compute)
            return AsStored(path, stored, slice, shape);
        string name = External(path + "/stored", stored, slice, shape).Name;
        _weightCasts.Add(Node("Cast", "", path, [new(name)], [Attribute("to", (long)compute)]));
        return new(path);
    }

    /// <summary>A table as it lies, of which a few rows are looked up: it is not converted as a whole.</summary>
    public Value Table(string path, WeightSlice slice) => AsStored(path, ElementTypes.From(slice.Tensor), slice, []);

    /// <summary>A weight of signed bytes, as it lies.</summary>
    public Value Bytes(string path, WeightSlice slice) => AsStored(path, ElementType.Int8, slice, []);

    /// <summary><paramref name="single"/>, which is in single precision, in the type that is computed in.</summary>
    public Value Computed(string path, Value single) => compute == ElementType.Float ? single : Cast(path, single, compute);

    /// <summary><paramref name="value"/> as another type.</summary>
    public Value Cast(string path, Value value, ElementType type) => Node("Cast", path, [value], Attribute("to", (long)type));

    /// <summary>A float constant stored in the graph itself.</summary>
    public Value Constant(string path, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Inline(path, ElementType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>One unsigned byte stored in the graph itself: a zero point.</summary>
    public Value Byte(string path, byte value, params ReadOnlySpan<long> shape) => Inline(path, ElementType.UInt8, [value], shape);

    /// <summary>A float constant that depends on the size of the images.</summary>
    public Value Sized(string path, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => isResizable
        ? Input(path, ElementType.Float, MemoryMarshal.AsBytes(values), shape)
        : Constant(path, values, shape);

    /// <summary>A vector of int64 that depends on the size of the images.</summary>
    /// <param name="path">Path of the constant, where the graph is for one size.</param>
    /// <param name="name">Names it, where the graph is for every size; the same values may be asked for many times.</param>
    /// <param name="values">The numbers.</param>
    public Value SizedIntegers(string path, string name, params ReadOnlySpan<long> values)
    {
        if (!isResizable)
            return Integers(path, values);
        return _sizes.Exists(size => size.Name == name)
            ? new(name)
            : Input(name, ElementType.Int64, MemoryMarshal.AsBytes(values), [values.Length]);
    }

    /// <summary>A vector of int64 stored in the graph itself: shapes, axes, indices.</summary>
    public Value Integers(string path, params ReadOnlySpan<long> values) =>
        Inline(path, ElementType.Int64, MemoryMarshal.AsBytes(values), [values.Length]);

    /// <summary>The finished model's bytes.</summary>
    public byte[] ToModel(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        GraphProto ordered = new(_graph);
        ordered.Node.Clear();
        ordered.Node.AddRange(_weightCasts.Concat(_graph.Node));
        ModelProto model = new() { IrVersion = IrVersion, ProducerName = "vitgrid", Graph = ordered };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Contrib, Version = 1 });
        model.MetadataProps.AddRange(metadata.Select(pair => new StringStringEntryProto { Key = pair.Key, Value = pair.Value }));
        return model.ToByteArray();
    }

    /// <summary>An integer attribute.</summary>
    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    /// <summary>A float attribute.</summary>
    public static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    /// <summary>A text attribute.</summary>
    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    /// <summary>An attribute of several integers.</summary>
    public static AttributeProto Attribute(string name, params ReadOnlySpan<long> values)
    {
        AttributeProto attribute = new() { Name = name, Type = AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }

    /// <summary>Numbers of a vector stay as many; a table has other dimensions for another size.</summary>
    private Value Input(string name, ElementType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        long[] declared = new long[shape.Length];
        Array.Fill(declared, AnySize);
        _sizes.Add(new(name, type == ElementType.Int64, [.. bytes], [.. shape]));
        return Input(name, type, type == ElementType.Int64 ? shape : declared);
    }

    private Value Add(string op, string domain, string path, ReadOnlySpan<Value> inputs, ReadOnlySpan<AttributeProto> attributes)
    {
        _graph.Node.Add(Node(op, domain, path, inputs, attributes));
        return new(path);
    }

    private static NodeProto Node(
        string op, string domain, string path, ReadOnlySpan<Value> inputs, ReadOnlySpan<AttributeProto> attributes)
    {
        NodeProto node = new() { OpType = op, Domain = domain, Name = path };
        foreach (Value input in inputs)
            node.Input.Add(input.Name);
        node.Output.Add(path);
        node.Attribute.AddRange(attributes.ToArray());
        return node;
    }

    private Value Inline(string path, ElementType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        TensorProto tensor = new() { Name = path, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape.ToArray());
        _graph.Initializer.Add(tensor);
        return new(path);
    }

    private Value AsStored(string name, ElementType type, WeightSlice slice, ReadOnlySpan<long> shape)
    {
        _weights.Add(new(name, slice, shape.IsEmpty ? slice.Shape : [.. shape]));
        return External(name, type, slice, shape);
    }

    private Value External(string name, ElementType type, WeightSlice slice, ReadOnlySpan<long> shape)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)type, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.AddRange(shape.IsEmpty ? slice.Shape : [.. shape]);
        AddExternal(tensor, "location", Path.GetRelativePath(weightFolder, slice.Tensor.File));
        AddExternal(tensor, "offset", slice.Offset.ToString(CultureInfo.InvariantCulture));
        AddExternal(tensor, "length", slice.Length.ToString(CultureInfo.InvariantCulture));
        _graph.Initializer.Add(tensor);
        return new(name);
    }

    private static void AddExternal(TensorProto tensor, string key, string value) =>
        tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });

    private static ValueInfoProto Declare(string name, ElementType type, ReadOnlySpan<long> shape)
    {
        TensorShapeProto dimensions = new();
        foreach (long size in shape)
        {
            dimensions.Dim.Add(size switch
            {
                -1 => new() { DimParam = "batch" },
                -2 => new() { DimParam = "tokens" },
                AnySize => new TensorShapeProto.Types.Dimension(),
                _ => new() { DimValue = size },
            });
        }
        return new() { Name = name, Type = new TypeProto { TensorType = new() { ElemType = (int)type, Shape = dimensions } } };
    }
}
