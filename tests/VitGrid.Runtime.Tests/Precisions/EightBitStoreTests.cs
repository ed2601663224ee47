using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Precisions;

public sealed class EightBitStoreTests : IDisposable
{
    private readonly CopiedModel _model = new(GoldenFiles.Model("tiny-ln"));
    private readonly Checkpoint _checkpoint;
    private readonly string[] _folders;

    public EightBitStoreTests()
    {
        _checkpoint = _model.Open();
        _folders = [Path.Combine(_model.Path, "first"), Path.Combine(_model.Path, "second")];
    }

    [Fact]
    public void The_weights_lie_beside_the_model_or_in_the_users_own_folder() => Assert.Equal(
        [Path.Combine(_model.Path, ".vitgrid"), Path.Combine("/home", "me", "int8")],
        EightBitStore.Folders(_checkpoint, variable => variable == "VITGRID_HOME" ? Path.Combine("/home", "me") : null));

    [Fact]
    public void Weights_are_quantised_once()
    {
        string file = Obtain();
        DateTime written = File.GetLastWriteTimeUtc(file);
        Assert.StartsWith(_folders[0], file, StringComparison.Ordinal);
        Assert.Equal(file, Obtain());
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public void A_damaged_file_is_made_anew()
    {
        string file = Obtain();
        byte[] good = File.ReadAllBytes(file), bad = [.. good];
        bad[^1000] ^= 0x40;
        File.WriteAllBytes(file, bad);
        Assert.Equal(file, Obtain());
        Assert.Equal(good, File.ReadAllBytes(file));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_passed_over()
    {
        File.WriteAllText(_folders[0], "a file where the folder should be");
        Assert.StartsWith(_folders[1], Obtain(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nowhere_to_write_is_an_error_that_names_the_size_and_the_remedy()
    {
        Array.ForEach(_folders, folder => File.WriteAllText(folder, ""));
        string message = Assert.Throws<CheckpointException>(Obtain).Message;
        Assert.All(
            [_folders[0], _folders[1], $"{EightBitFile.BytesOf(_checkpoint, EightBitForm.PairSafe)} bytes", "VITGRID_HOME", "fp32"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _checkpoint.Dispose();
        _model.Dispose();
    }

    private string Obtain() => EightBitStore
        .Obtain(_checkpoint, EightBitForm.PairSafe, new(0, _checkpoint.Architecture.Depth), _folders, progress: null)
        .ClassToken!.Tensor.File;
}
