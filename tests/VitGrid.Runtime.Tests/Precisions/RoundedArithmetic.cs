using Google.Protobuf;
using VitGrid.Model.Graph;
using VitGrid.Model.Graph.Onnx;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>
/// Rewrites a graph in 16-bit arithmetic so that a CPU, which lacks most of its kernels, runs it faithfully: every operator works on
/// single precision and its result is rounded to the 16-bit type at once, as a device rounds what its accumulators held.
/// </summary>
internal static class RoundedArithmetic
{
    public static byte[] From(byte[] onnx, ElementType narrow)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(onnx);
        GraphProto graph = model.Graph;
        Dictionary<string, int> types = graph.Input.ToDictionary(input => input.Name, input => input.Type.TensorType.ElemType);
        foreach (TensorProto weight in graph.Initializer)
            types[weight.Name] = weight.DataType;

        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            bool cast = node.OpType == "Cast";
            types[node.Output[0]] = cast ? (int)node.Attribute[0].I : types[node.Input[0]];
            if (cast || types[node.Output[0]] != (int)narrow)
                graph.Node.Add(node);
            else
                graph.Node.AddRange(Widened(node, types, (int)narrow));
        }
        return model.ToByteArray();
    }

    private static IEnumerable<NodeProto> Widened(NodeProto node, Dictionary<string, int> types, int narrow)
    {
        NodeProto wide = node.Clone();
        for (int i = 0; i < node.Input.Count; i++)
        {
            if (node.Input[i].Length == 0 || types[node.Input[i]] != narrow)
                continue;
            wide.Input[i] = $"{node.Output[0]}/input{i}";
            yield return Cast(node.Input[i], wide.Input[i], (int)ElementType.Float);
        }
        wide.Name = wide.Output[0] = node.Output[0] + "/exact";
        yield return wide;
        yield return Cast(wide.Output[0], node.Output[0], narrow);
    }

    private static NodeProto Cast(string from, string to, int type)
    {
        NodeProto cast = new() { OpType = "Cast", Name = to };
        cast.Input.Add(from);
        cast.Output.Add(to);
        cast.Attribute.Add(GraphWriter.Attribute("to", (long)type));
        return cast;
    }
}
