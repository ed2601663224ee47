using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>Chat models of which only the shards with the encoder are there.</summary>
public sealed class ShardedChatTests
{
    private const string Language = "language_model.model.embed_tokens.weight";

    [Fact]
    public void A_shard_that_holds_encoder_tensors_is_needed_and_missed_by_name()
    {
        using EditableCheckpoint chat = Chat();
        chat.SaveShards((name, _) => name == "vision_model.encoder.layers.2.ls1" ? "b.safetensors" : "a.safetensors");
        File.Delete(Path.Combine(chat.Path, "b.safetensors"));
        Refused.With(
            () => Checkpoint.Open(chat.Path), "\"b.safetensors\"", "is missing", "vision_model.encoder.layers.2.ls1", "fetch it into");
    }

    [Fact]
    public void What_a_shard_without_encoder_holds_is_not_looked_at()
    {
        using EditableCheckpoint chat = Chat();
        chat.SaveShards((name, _) => name == Language ? "language.safetensors" : "vision.safetensors");
        File.WriteAllText(Path.Combine(chat.Path, "language.safetensors"), "version https://git-lfs.github.com/spec/v1\n");
        using Checkpoint checkpoint = Checkpoint.Open(chat.Path);
        Assert.Equal(["model.safetensors.index.json", "vision.safetensors"], checkpoint.WeightFiles);
        Assert.Equal([Language], checkpoint.UnusedTensors);
    }

    [Fact]
    public void A_Git_LFS_pointer_in_the_place_of_needed_weights_is_named()
    {
        using EditableCheckpoint chat = Chat();
        chat.SaveShards((_, _) => "vision.safetensors");
        File.WriteAllText(Path.Combine(chat.Path, "vision.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        Refused.With(() => Checkpoint.Open(chat.Path), "vision.safetensors", "Git LFS pointer", "git lfs pull");
    }

    [Fact]
    public void A_language_tensor_that_two_needed_shards_hold_is_passed_over()
    {
        using EditableCheckpoint chat = Chat();
        chat.SaveShards((name, i) => i % 2 == 0 ? "a.safetensors" : "b.safetensors");
        foreach (string shard in new[] { "a.safetensors", "b.safetensors" })
            AddTensor(Path.Combine(chat.Path, shard), "language_model.lm_head.weight");
        chat.Open(saved: true).Dispose();
    }

    [Fact]
    public void An_index_of_another_model_is_refused_as_one_though_its_shards_are_missing()
    {
        using EditableCheckpoint chat = Chat();
        chat.Rename(name => name.Replace("vision_model.", "visual.", StringComparison.Ordinal));
        chat.SaveShards((_, _) => "a.safetensors");
        File.Delete(Path.Combine(chat.Path, "a.safetensors"));
        Refused.With(() => Checkpoint.Open(chat.Path), "no tensor has an InternViT encoder's name", "this is another model");
    }

    [Fact]
    public void Shards_whose_index_is_missing_are_read_together()
    {
        using EditableCheckpoint chat = Chat();
        chat.SaveShards((_, i) => $"model-0000{1 + (i % 2)}-of-00003.safetensors");
        File.Delete(Path.Combine(chat.Path, "model.safetensors.index.json"));
        using Checkpoint checkpoint = Checkpoint.Open(chat.Path);
        Assert.Equal(["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors"], checkpoint.WeightFiles);
    }

    [Fact]
    public void An_index_may_begin_with_a_byte_order_mark()
    {
        using EditableCheckpoint chat = Chat();
        chat.SaveShards((_, _) => "a.safetensors");
        string index = Path.Combine(chat.Path, "model.safetensors.index.json");
        File.WriteAllText(index, "\uFEFF" + File.ReadAllText(index));
        chat.Open(saved: true).Dispose();
    }

    private static EditableCheckpoint Chat()
    {
        EditableCheckpoint chat = new("tiny-ln");
        chat.Rename(name => "vision_model." + name);
        chat.Config = new JsonObject { ["model_type"] = "internvl_chat", ["vision_config"] = chat.Config };
        chat.Add(Language, 4, 4);
        return chat;
    }

    private static void AddTensor(string file, string name)
    {
        TensorToWrite[] all;
        using (SafetensorsFile opened = SafetensorsFile.Open(file))
            all = [.. opened.Tensors.Values.Select(EditableCheckpoint.Load)];
        SafetensorsWriter.Write(file + ".new", [.. all, new TensorToWrite(name, TensorType.U8, [1], stream => stream.WriteByte(1))]);
        File.Move(file + ".new", file, overwrite: true);
    }
}
