using VitGrid.Model.Configs;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families;

/// <summary>
/// Recognises an encoder whose weights were quantised, which is not read. A chat model whose language part alone was quantised says so in
/// its config as well, so only the encoder's own tensors decide; the config may name the method.
/// </summary>
internal static class QuantisedTower
{
    /// <summary>Endings of the names that the methods add or put in a weight's place, the telling ones first.</summary>
    private static readonly (string Ending, string Method)[] Marks =
    [
        (".bitsandbytes__nf4", "bitsandbytes (NF4)"),
        (".bitsandbytes__fp4", "bitsandbytes (FP4)"),
        (".absmax", "bitsandbytes (4 bits)"),
        (".quant_map", "bitsandbytes (4 bits)"),
        (".SCB", "bitsandbytes (LLM.int8)"),
        (".g_idx", "GPTQ"),
        (".qweight", "AWQ"),
        (".qzeros", "AWQ or GPTQ"),
        (".W_q", "HQQ"),
        ("._data", "Quanto"),
        (".weight_packed", "compressed-tensors"),
        (".weight_scale_2", "ModelOpt"),
        ("_blocks", "MXFP4"),
        (".weight_scale_inv", "FP8 in blocks"),
        (".biases", "MLX"),
        (".weight_scales", "EETQ"),
        (".weight_scale", "FP8 or INT8"),
        (".input_scale", "FP8 or INT8"),
        (".scales", "a method with scales"),
    ];

    /// <param name="files">The checkpoint.</param>
    /// <param name="owns">Whether a tensor of that name belongs to the encoder, though it may not be one that is read.</param>
    /// <exception cref="CheckpointException">The encoder is quantised.</exception>
    public static void Refuse(CheckpointFiles files, Func<string, bool> owns)
    {
        TensorEntry[] own =
        [
            .. files.Store.Tensors.Values.Where(tensor => owns(tensor.Name)).OrderBy(tensor => tensor.Name, StringComparer.Ordinal),
        ];
        if (Find(own) is not { } found)
            return;
        string? statedMethod = StatedMethod(files.Config);
        string stated = statedMethod is null ? "" : $", and config.json says {Shown.Text(statedMethod)}";
        throw new CheckpointException(
            $"{found.Tensor.File}: the vision encoder is quantised with {found.Method}: tensor {Shown.Text(found.Tensor.Name)} is " +
            $"{Shown.Raw(found.Tensor.TypeCode)}{stated}; only weights in F32, F16 and BF16 are read: fetch the unquantised checkpoint");
    }

    /// <summary>The method as the file says; null where it says nothing. In chat models it often means the language part alone.</summary>
    private static string? StatedMethod(JsonSection config) =>
        Quantisation(config) ?? (config.IsObject("vision_config") ? Quantisation(config.Section("vision_config")!) : null);

    private static string? Quantisation(JsonSection section)
    {
        JsonSection? stated = section.IsObject("quantization_config") ? section.Section("quantization_config") : null;
        return stated?.IsText("quant_method") == true ? stated.Text("quant_method") : null;
    }

    private static (TensorEntry Tensor, string Method)? Find(TensorEntry[] own)
    {
        foreach ((string ending, string method) in Marks)
        {
            if (Array.Find(own, tensor => tensor.Name.EndsWith(ending, StringComparison.Ordinal)) is { } marked)
                return (marked, method);
        }
        return Array.Find(own, IsQuantisedMatrix) is { } matrix ? (matrix, $"a method that stores {Shown.Raw(matrix.TypeCode)}") : null;
    }

    /// <summary>A matrix of integers, of 8-bit floats or of a type that is not known; F64 is none of them.</summary>
    private static bool IsQuantisedMatrix(TensorEntry tensor) =>
        tensor.Name.EndsWith(".weight", StringComparison.Ordinal)
        && tensor.Shape.Length > 1
        && !FloatWidening.Reads(tensor.Type)
        && tensor.Type != TensorType.F64;
}
