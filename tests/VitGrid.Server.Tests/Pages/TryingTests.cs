using System.Text;
using VitGrid.Page.Trying;

namespace VitGrid.Server.Tests.Pages;

/// <summary>What the page computes of vectors and patches itself.</summary>
public sealed class TryingTests
{
    [Fact]
    public void Neighbours_are_the_nearest_first_and_a_duplicate_is_told()
    {
        float[][] vectors = [[1, 0, 0], [0.999f, 0.01f, 0], [0, 1, 0], [0.7f, 0.7f, 0]];
        Assert.Equal([1, 3, 2], Similarity.Nearest(vectors, 0, 3).Select(near => near.Place));
        Assert.Equal((1, null), (Similarity.DuplicateOf(vectors, 0), Similarity.DuplicateOf(vectors, 2)));
        Assert.Equal([2, 3, 1, 0], Similarity.Rank(vectors, [0, 5, 0]).Select(hit => hit.Place));
        Assert.Equal(0, Similarity.Cosine([0, 0], [1, 0]));
    }

    [Fact]
    public void Components_are_the_directions_in_which_patches_differ_most_and_their_signs_are_fixed()
    {
        // Three directions of known strength in eight dimensions, and some noise.
        Random random = new(3);
        float[][] directions = [[0.6f, 0.8f, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, -0.6f, 0.8f, 0, 0, 0]];
        float[] strengths = [5, 3, 1.5f];
        PatchFeatures Image() => new(10, 20, 8, [.. Enumerable.Range(0, 200).SelectMany(_ =>
        {
            float[] patch = [.. Enumerable.Range(0, 8).Select(i => 10 + (0.01f * (float)random.NextDouble()))];
            for (int component = 0; component < 3; component++)
            {
                float amount = strengths[component] * ((2 * (float)random.NextDouble()) - 1);
                for (int i = 0; i < 8; i++)
                    patch[i] += amount * directions[component][i];
            }
            return patch;
        })]);
        PatchFeatures one = Image(), other = Image();
        PrincipalComponents fitted = PrincipalComponents.Fit([one, other]);
        for (int component = 0; component < 3; component++)
        {
            float cosine = Similarity.Cosine(fitted.Directions[component], directions[component]);
            Assert.InRange(Math.Abs(cosine), 0.98, 1);
            Assert.True(fitted.Directions[component].MaxBy(value => Math.Abs(value)) > 0);
        }
        // Fitted over both: the order of the images changes no colour of either beyond rounding.
        byte[] there = fitted.Colours(one), again = PrincipalComponents.Fit([other, one]).Colours(one);
        Assert.All(there.Zip(again), pair => Assert.InRange(pair.First - pair.Second, -16, 16));
        Assert.True(there.Max() - there.Min() > 150);
    }

    [Fact]
    public void Patches_that_are_all_alike_have_one_colour()
    {
        PatchFeatures flat = new(2, 2, 4, [.. Enumerable.Repeat(1f, 16)]);
        Assert.Single(PrincipalComponents.Fit([flat]).Colours(flat).Distinct());
        Assert.All(flat.CosinesTo(0), cosine => Assert.Equal(1f, cosine, 5));
    }

    [Fact]
    public void An_array_of_the_api_is_read_and_turned_so_that_a_patch_stands_together()
    {
        const string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1, 3), }";
        byte[] file = Npy(header, [1, 2, 3, 10, 20, 30]);
        PatchFeatures patches = PatchFeatures.From(NpyArray.Read(file));
        Assert.Equal((1, 3, 2), (patches.Rows, patches.Columns, patches.Width));
        Assert.Equal([2f, 20f], patches[1].ToArray());
        Assert.Throws<FormatException>(() => NpyArray.Read("not an array at all"u8));
        Assert.Throws<FormatException>(() => NpyArray.Read(Npy(header, [1, 2, 3])));
        Assert.Throws<FormatException>(() => NpyArray.Read(Npy(header.Replace("<f4", "<f2", StringComparison.Ordinal), [1, 2, 3])));
        Assert.Throws<FormatException>(() => PatchFeatures.From(new([1, 6], new float[6])));
    }

    [Fact]
    public void A_png_has_its_size_its_rows_and_sums_that_hold()
    {
        byte[] colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 1, 2, 3, 200, 100, 50];
        byte[] png = PatchImage.Png(colours, 3);
        using NetVips.Image read = NetVips.Image.NewFromBuffer(png);
        Assert.Equal((3, 2, 3), (read.Width, read.Height, read.Bands));
        Assert.Equal(colours, read.WriteToMemory<byte>());
    }

    [Fact]
    public void Timings_are_those_of_the_header()
    {
        Assert.Equal(
            [("decode", 1.5), ("cache", 0.25)], ServerTimings.Read("decode;dur=1.5, cache;dur=0.25, total, odd;dur=x"));
        Assert.Empty(ServerTimings.Read(""));
    }

    [Fact]
    public void The_request_to_copy_names_server_model_file_and_key_and_no_secret()
    {
        foreach ((string language, string text) in CodeSamples.All("http://127.0.0.1:8080", "clip nano", "a \"b'.png", needsKey: true))
        {
            Assert.Contains("http://127.0.0.1:8080/v1/embeddings?model=clip%20nano", text, StringComparison.Ordinal);
            Assert.True(text.Contains("VITGRID_KEY", StringComparison.Ordinal) || language == "JavaScript", text);
        }
        Assert.DoesNotContain(
            "Authorization", string.Concat(CodeSamples.All("http://h", "m", "f", needsKey: false).Select(sample => sample.Text)),
            StringComparison.Ordinal);
    }

    private static byte[] Npy(string header, float[] values)
    {
        byte[] text = Encoding.ASCII.GetBytes(header.PadRight(117) + "\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. text, .. values.SelectMany(BitConverter.GetBytes)];
    }
}
