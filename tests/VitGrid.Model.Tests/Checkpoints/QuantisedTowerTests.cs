using System.Text.Json.Nodes;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class QuantisedTowerTests
{
    private const string Stem = "encoder.layers.1.mlp.fc1";

    /// <summary>What a method puts beside or in the place of a weight, and what it is called.</summary>
    public static TheoryData<string[], string> Methods => new()
    {
        { [".qweight", ".qzeros", ".scales"], "AWQ" },
        { [".qweight", ".qzeros", ".scales", ".g_idx"], "GPTQ" },
        { [".weight", ".weight.absmax", ".weight.quant_map", ".weight.quant_state.bitsandbytes__nf4"], "bitsandbytes (NF4)" },
        { [".weight", ".weight.absmax", ".weight.quant_map", ".weight.quant_state.bitsandbytes__fp4"], "bitsandbytes (FP4)" },
        { [".weight", ".SCB", ".weight_format"], "bitsandbytes (LLM.int8)" },
        { [".weight_packed", ".weight_scale", ".weight_shape"], "compressed-tensors" },
        { [".weight", ".weight_scale_inv"], "FP8 in blocks" },
        { [".weight", ".weight_scale", ".input_scale"], "FP8 or INT8" },
        { [".weight", ".weight_scale", ".weight_scale_2", ".input_scale"], "ModelOpt" },
        { [".W_q", ".meta"], "HQQ" },
        { [".weight._data", ".weight._scale"], "Quanto" },
        { [".weight", ".scales", ".biases"], "MLX" },
        { [".weight"], "a method that stores U8" },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_quantised_weight_is_refused_with_its_method_and_the_remedy(string[] endings, string method)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Tensors.RemoveAll(tensor => tensor.Name == Stem + ".weight");
        foreach (string ending in endings)
            edited.Tensors.Add(new(Stem + ending, TensorType.U8, [8, 2], stream => stream.Write(new byte[16])));
        string message = edited.Refusal();
        Assert.Contains($"quantised with {method}: tensor \"{Stem}", message, StringComparison.Ordinal);
        Assert.EndsWith("fetch the unquantised checkpoint", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_method_that_the_config_states_is_told_too()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Config["quantization_config"] = new JsonObject { ["quant_method"] = "gptq" };
        edited.Tensors.Add(new(Stem + ".qweight", TensorType.I32, [2, 2], stream => stream.Write(new byte[16])));
        Assert.Contains("config.json says \"gptq\"", edited.Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"quant_method":"awq","modules_to_not_convert":["vision_model"]}""")]
    [InlineData("[]")]
    [InlineData("""{"quant_method":7}""")]
    public void A_chat_model_whose_language_part_alone_is_quantised_opens(string quantisation)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Rename(name => "vision_model." + name);
        edited.Config = new JsonObject
        {
            ["model_type"] = "internvl_chat", ["vision_config"] = edited.Config, ["quantization_config"] = JsonNode.Parse(quantisation),
        };
        edited.Tensors.Add(new("language_model.layers.0.qweight", TensorType.I32, [1], stream => stream.Write(new byte[4])));
        edited.Open().Dispose();
    }
}
