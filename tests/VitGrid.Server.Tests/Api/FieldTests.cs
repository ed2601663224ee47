using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;

namespace VitGrid.Server.Tests.Api;

public sealed class FieldTests
{
    private static readonly string[] Input = [Convert.ToBase64String(FakeGrid.Image(1))];

    [Fact]
    public async Task What_a_request_leaves_out_has_the_contracts_defaults()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Equal(200, (await door.JsonAsync(new { input = Input })).Status);
        EmbeddingRequest asked = door.Grid.Asked.Single() with { Image = default, RequestId = null };
        Assert.Equal(new EmbeddingRequest
        {
            Model = "internvit-nano",
            Image = default,
            Preprocess = null,
            Exif = null,
            Layer = -1,
            Pooling = null,
            Cache = CacheUse.Use,
            Lane = Lane.Interactive,
            Timeout = null,
        }, asked);
    }

    [Fact]
    public async Task Every_field_reaches_the_grid()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.JsonAsync(new
        {
            model = "internvit-nano",
            input = Input,
            user = "tenant-7",
            pooling = "mean",
            layer = 2,
            priority = "bulk",
            timeout_ms = 2000,
            cache = "bypass",
            preprocess = "squash",
            exif = "apply",
            dimensions = FakeGrid.Width,
        });
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(new EmbeddingRequest
        {
            Model = "internvit-nano",
            Image = default,
            Preprocess = "squash",
            Exif = VitGrid.Runtime.Images.ExifOrientation.Apply,
            Layer = 2,
            Pooling = Pooling.Mean,
            Cache = CacheUse.Bypass,
            Lane = Lane.Bulk,
            Timeout = TimeSpan.FromSeconds(2),
        }, door.Grid.Asked.Single() with { Image = default, RequestId = null });
    }

    [Fact]
    public async Task A_pooling_that_the_model_lacks_is_refused_with_those_it_has()
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.JsonAsync(new { input = Input, pooling = "head" })).IsRefusal(
            400, "invalid_request", "pooling", "'head'", "'internvit-nano' does not have", "it has cls, mean, cls+mean");
        Assert.Empty(door.Grid.Asked);
    }

    [Theory]
    [InlineData("encoding_format", "hex", "float, base64")]
    [InlineData("pooling", "max", "cls, mean, cls+mean")]
    [InlineData("normalize", "maybe", "true, false")]
    [InlineData("embedding_type", "int4", "float, float16, int8, uint8, binary, ubinary")]
    [InlineData("priority", "urgent", "interactive, bulk")]
    [InlineData("cache", "never", "use, bypass, refresh")]
    [InlineData("on_error", "ignore", "fail, partial")]
    [InlineData("timeout_ms", "0", "1 to 3600000")]
    [InlineData("timeout_ms", "2.5", "1 to 3600000")]
    [InlineData("layer", "last", "whole number")]
    [InlineData("layer", "5", "-5 to 4")]
    [InlineData("layer", "-6", "-5 to 4")]
    [InlineData("preprocess", "stretch", "squash")]
    public async Task An_unknown_value_is_refused_with_what_the_field_takes(string field, string value, string takes)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Dictionary<string, object> body = new() { ["input"] = Input, [field] = value };
        (await door.JsonAsync(body)).IsRefusal(400, "invalid_request", field, value, takes);
        (await door.RawAsync(FakeGrid.Image(1), query: $"?{field}={value}")).IsRefusal(400, "invalid_request", field, value, takes);
        Assert.Empty(door.Grid.Asked);
    }

    [Theory]
    [InlineData("cls", 4, 8)]
    [InlineData("cls", 16, 8)]
    [InlineData("cls+mean", 8, 16)]
    public async Task Dimensions_other_than_the_vectors_own_are_refused(string pooling, int dimensions, int own)
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.JsonAsync(new { input = Input, pooling, dimensions }))
            .IsRefusal(400, "dimensions_not_supported", "dimensions", $"dimensions is {dimensions}", $"have {own}", "leave dimensions out");
        Assert.Equal(200, (await door.JsonAsync(new { input = Input, pooling, dimensions = own })).Status);
    }

    [Fact]
    public async Task A_field_that_is_an_object_is_refused_by_name()
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.JsonAsync(new { input = Input, pooling = new { a = 1 } })).IsRefusal(
            400, "invalid_request", "pooling", "single string");
    }

    [Fact]
    public async Task An_unknown_model_is_refused_with_the_names_of_the_served_ones()
    {
        await using TestApi door = await TestApi.OpenAsync();
        (await door.JsonAsync(new { input = Input, model = "text-embedding-3-small" }))
            .IsRefusal(404, "model_not_found", "model", "'text-embedding-3-small'", "'internvit-nano'", "/v1/models");
    }

    [Fact]
    public async Task With_two_models_a_request_must_name_one()
    {
        await using TestApi door = await TestApi.OpenAsync(grid: new() { Models = [FakeGrid.Model("a"), FakeGrid.Model("b")] });
        (await door.JsonAsync(new { input = Input })).IsRefusal(400, "invalid_request", "model", "2 models", "'a', 'b'");
        Assert.Equal("b", (await door.JsonAsync(new { input = Input, model = "b" })).Json.GetProperty("model").GetString());
    }
}
