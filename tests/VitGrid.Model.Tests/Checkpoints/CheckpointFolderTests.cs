using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class CheckpointFolderTests
{
    [Fact]
    public void A_hub_cache_reached_through_a_linked_folder_gives_the_blobs_own_paths()
    {
        using var folder = new TemporaryFolder();
        string blobs = Directory.CreateDirectory(folder.At("hub", "blobs")).FullName;
        string snapshot = Directory.CreateDirectory(folder.At("hub", "snapshots", "rev1")).FullName;
        foreach (string source in Directory.GetFiles(GoldenFiles.Model("tiny-ln")))
        {
            string blob = Path.Combine(blobs, "blob-" + Path.GetFileNameWithoutExtension(source));
            File.Copy(source, blob);
            string target = Path.Combine("..", "..", "blobs", Path.GetFileName(blob));
            File.CreateSymbolicLink(Path.Combine(snapshot, Path.GetFileName(source)), target);
        }
        Directory.CreateSymbolicLink(folder.At("alias"), snapshot);
        using Checkpoint checkpoint = Checkpoint.Open(folder.At("alias"));
        string file = checkpoint.Weights.ClassToken!.Tensor.File;
        Assert.Equal("blob-model", Path.GetFileName(file));
        Assert.Null(new FileInfo(file).LinkTarget);
        Assert.DoesNotContain("alias", file, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.At("model.safetensors"), "other");
        File.CreateSymbolicLink(folder.At("other"), "model.safetensors");
        Refused.With(() => Checkpoint.Open(folder.Path), "model.safetensors");
    }

    [Fact]
    public void A_single_file_of_another_name_is_taken()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        using Checkpoint checkpoint = Checkpoint.Open(edited.Save("weights.safetensors"));
        Assert.EndsWith("weights.safetensors", checkpoint.Weights.ClassToken!.Tensor.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_files_without_a_usual_name_are_refused_by_name()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Save("a.safetensors");
        edited.Save("b.safetensors");
        string message = Assert.Throws<CheckpointException>(() => Checkpoint.Open(edited.Path)).Message;
        Assert.Contains("\"a.safetensors\", \"b.safetensors\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pickled_weights_are_refused_with_the_way_to_convert_them()
    {
        using var folder = new TemporaryFolder();
        folder.Write("pytorch_model.bin", [0]);
        string message = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path)).Message;
        Assert.Contains("pytorch_model.bin", message, StringComparison.Ordinal);
        Assert.Contains("convert", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_or_absent_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        Refused.With(() => Checkpoint.Open(folder.Path), "neither model.safetensors");
        Refused.With(() => Checkpoint.Open(folder.At("absent")), "absent");
    }
}
