using System.Security.Cryptography;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Models;
using VitGrid.Model.EightBits;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;

namespace VitGrid.Cluster.Tests.Caching;

public sealed class EmbeddingKeyTests
{
    private readonly ModelInfo _model = Opened() with { Fingerprint = "00112233445566778899aabbccddeeff" };

    [Fact]
    public void The_text_is_the_contracts()
    {
        byte[] image = [1, 2, 3];
        EmbeddingKey key = EmbeddingKey.From(_model, _model.Profile, 4, Pooling.ClsMean, image);
        string digest = Convert.ToHexStringLower(SHA256.HashData(image));
        Assert.Equal($"vg:1:tiny:00112233445566778899aabbccddeeff:fp32:{_model.Profile.Key}:4:cls+mean:{digest}", key.ToString());
        Assert.DoesNotContain(':', _model.Profile.Key);
    }

    [Fact]
    public void Each_part_makes_another_key_and_equal_parts_the_same()
    {
        EmbeddingKey key = EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [1]);
        Assert.Equal(key, EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [1]));
        EmbeddingKey[] others =
        [
            EmbeddingKey.From(_model with { Name = "other" }, _model.Profile, 4, Pooling.Cls, [1]),
            EmbeddingKey.From(_model with { Fingerprint = "ff" }, _model.Profile, 4, Pooling.Cls, [1]),
            EmbeddingKey.From(_model with { Arithmetic = "bf16" }, _model.Profile, 4, Pooling.Cls, [1]),
            EmbeddingKey.From(_model, _model.Profile with { CropFraction = 0.5, Mode = ResizeMode.Timm }, 4, Pooling.Cls, [1]),
            EmbeddingKey.From(_model, TestGrid.Options().Profile(_model, null, ExifOrientation.Apply), 4, Pooling.Cls, [1]),
            EmbeddingKey.From(_model, _model.Profile, 3, Pooling.Cls, [1]),
            EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Mean, [1]),
            EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [2]),
            EmbeddingKey.From(_model, _model.Profile.WithTiling(new(1, 6, true)), 4, Pooling.Cls, [1]),
            EmbeddingKey.From(_model, _model.Profile.WithTiling(new(1, 6, false)), 4, Pooling.Cls, [1]),
            EmbeddingKey.ForVisualTokens(_model, _model.Profile, 4, [1]),
            EmbeddingKey.ForVisualTokens(_model, _model.Profile.WithTiling(new(1, 6, true)), 4, [1]),
        ];
        Assert.Equal(13, others.Append(key).Distinct().Count());
    }

    [Fact]
    public void A_tenant_of_its_own_has_keys_of_its_own_that_tell_their_model_and_not_the_tenants_name()
    {
        EmbeddingKey shared = EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [1]);
        EmbeddingKey alice = EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [1], "alice");
        EmbeddingKey bob = EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [1], "bob");
        Assert.Equal(3, new[] { shared, alice, bob }.Distinct().Count());
        Assert.Equal(shared, EmbeddingKey.From(_model, _model.Profile, 4, Pooling.Cls, [1], ""));
        Assert.Equal(
            new StoredKey("tiny", _model.Fingerprint!) { Tenant = EmbeddingKey.DigestOf("alice") }, StoredKey.Parse(alice.ToString()));
        Assert.Equal(new StoredKey("tiny", _model.Fingerprint!), StoredKey.Parse(shared.ToString()));
        Assert.DoesNotContain("alice", alice.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_precision_on_two_kinds_of_devices_is_one_arithmetic_only_if_it_computes_the_same()
    {
        Assert.NotEqual(Arithmetic(Precision.Bf16, "cpu:0"), Arithmetic(Precision.Bf16, "cuda:0"));
        Assert.Equal($"int8-{EightBitKernel.Form.Name()}", Arithmetic(Precision.Int8, "cpu:0"));
        Assert.Equal("fp32", Arithmetic(Precision.Fp32, "cpu:0"));
    }

    private static string Arithmetic(Precision precision, string device) =>
        DeviceList.Parse(device)[0].Backend.FindArithmetic(precision)!.Name;

    private static ModelInfo Opened()
    {
        OpenedModel opened = Assert.Single(ModelOpener.OpenAll(TestGrid.Options(), [new("cpu:0", "", null, 1, null, 1)]));
        using (opened.Checkpoint)
            return opened.Info;
    }
}
