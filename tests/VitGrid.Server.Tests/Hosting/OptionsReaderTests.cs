using Microsoft.Extensions.Configuration;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Hosting;

public sealed class OptionsReaderTests
{
    [Fact]
    public void Every_default_is_the_documented_one()
    {
        ServerOptions options = Read();
        Assert.Empty(options.Models);
        Assert.Empty(options.Devices);
        Assert.Equal((8, 50, 0, 4),
            (options.Batching.MaxBatchSize, options.Batching.MaxBatchGigaflop, options.Batching.MaxDelayMilliseconds,
                options.Batching.InteractiveWeight));
        Assert.Empty(options.Batching.PreferredSizes);
        Assert.False(options.Images.FastDecode);
        Assert.Equal((2_048, 1L << 30, 60_000),
            (options.Queue.MaxImages, options.Queue.MaxBytes, options.Queue.DefaultTimeoutMilliseconds));
        Assert.Equal((20_000_000L, 50_000_000L), (options.Images.MaxFileBytes, options.Images.MaxPixels));
        Assert.Equal((ExifOrientation.Ignore, Grey16.Clamp, new ImageOptions().DecodeThreads),
            (options.Images.ExifOrientation, options.Images.Grey16, options.Images.DecodeThreads));
        Assert.Equal(new CacheOptions(), options.Cache);
        Assert.Equal(new ClusterOptions(), options.Cluster);
        Assert.Equal(["http://127.0.0.1:8080"], options.Http.Urls);
        Assert.Equal((64_000_000L, 1L << 30, 256, 130),
            (options.Http.MaxBodyBytes, options.Http.MaxBufferedBytes, options.Http.MaxInputs, options.Http.KeepAliveSeconds));
        Assert.Equal((60_000, 500), (options.Shutdown.DrainMilliseconds, options.Shutdown.LingerMilliseconds));
    }

    [Fact]
    public void Every_setting_is_read_from_its_name()
    {
        ServerOptions options = Read(
            ("Models:0:Model", "internvit-nano"), ("Models:0:Name", "n"), ("Models:0:Precision", "BF16"), ("Models:0:Segments", "2"),
            ("Models:0:Preprocess", "squash"),
            ("Models:1:Model", "/models/big"), ("Models:1:Precision", "auto"), ("Devices", "cpu:0=2GiB, cpu:1"),
            ("Batching:MaxBatchSize", "16"), ("Batching:MaxDelayMilliseconds", "5"), ("Batching:InteractiveWeight", "7"),
            ("Batching:PreferredSizes", "4, 8"),
            ("Queue:MaxImages", "4000"), ("Queue:MaxBytes", "2147483648"), ("Queue:DefaultTimeoutMilliseconds", "1000"),
            ("Images:MaxFileBytes", "1000000"), ("Images:MaxPixels", "2147483648"), ("Images:ExifOrientation", "apply"),
            ("Images:Grey16", "Scale"), ("Images:DecodeThreads", "3"), ("Images:FastDecode", "true"),
            ("Cache:MemoryBytes", "0"), ("Cache:Redis", "h:1"), ("Cache:Format", "fp16"), ("Cache:TtlSeconds", "60"),
            ("Cache:TtlJitterPercent", "0"), ("Cache:WaitMilliseconds", "20"),
            ("Cache:WriteQueueItems", "7"), ("Cache:WriteQueueBytes", "2097152"), ("Cache:BreakAfterFailures", "3"),
            ("Cache:ProbeMilliseconds", "100"), ("Cache:ClusterFlight", "false"),
            ("Http:Urls", "http://127.0.0.1:0;http://localhost:9000"), ("Http:MaxBodyBytes", "2000000"),
            ("Http:MaxBufferedBytes", "3000000"),
            ("Http:MaxInputs", "10"), ("Http:KeepAliveSeconds", "20"), ("Shutdown:DrainMilliseconds", "5000"),
            ("Cluster:SiloPort", "11111"), ("Cluster:GatewayPort", "30000"), ("Shutdown:LingerMilliseconds", "0"));
        Assert.Equal(new ModelSettings { Model = "internvit-nano", Name = "n", Precision = Precision.Bf16, Segments = 2,
            Preprocess = "squash" }, options.Models[0]);
        Assert.Equal(new ModelSettings { Model = "/models/big" }, options.Models[1]);
        Assert.Equal(["cpu:0", "cpu:1"], options.Devices.Select(device => device.Name));
        Assert.Equal([4, 8], options.Batching.PreferredSizes);
        Assert.Equal(new BatchingOptions { MaxBatchSize = 16, MaxDelayMilliseconds = 5, InteractiveWeight = 7 },
            options.Batching with { PreferredSizes = new BatchingOptions().PreferredSizes });
        Assert.Equal(new QueueOptions { MaxImages = 4000, MaxBytes = 1L << 31, DefaultTimeoutMilliseconds = 1000 }, options.Queue);
        Assert.Equal(new ImageOptions { MaxFileBytes = 1_000_000, MaxPixels = 1L << 31, ExifOrientation = ExifOrientation.Apply,
            Grey16 = Grey16.Scale, DecodeThreads = 3, FastDecode = true }, options.Images);
        CacheOptions cache = new()
        {
            MemoryBytes = 0, Redis = "h:1", Format = CacheFormat.Fp16, TtlSeconds = 60, TtlJitterPercent = 0, WaitMilliseconds = 20,
            WriteQueueItems = 7, WriteQueueBytes = 2 << 20, BreakAfterFailures = 3, ProbeMilliseconds = 100, ClusterFlight = false,
        };
        Assert.Equal(cache, options.Cache);
        Assert.Equal(["http://127.0.0.1:0", "http://localhost:9000"], options.Http.Urls);
        Assert.Equal((2_000_000L, 3_000_000L, 10, 20),
            (options.Http.MaxBodyBytes, options.Http.MaxBufferedBytes, options.Http.MaxInputs, options.Http.KeepAliveSeconds));
        Assert.Equal(new ShutdownOptions { DrainMilliseconds = 5000, LingerMilliseconds = 0 }, options.Shutdown);
        Assert.Equal(new ClusterOptions { SiloPort = 11111, GatewayPort = 30000 }, options.Cluster);
    }

    [Fact]
    public void A_plug_in_is_a_kind_of_devices_wherever_devices_are_named()
    {
        ServerOptions options = Read(
            ("Devices", "openvino:0=2GiB"), ("Runtime:Providers:openvino:Library", "/opt/libplugin.so"),
            ("Runtime:Providers:openvino:Options:load_config", "{}"), ("Runtime:Providers:openvino:Options:cache_dir", "/tmp"));
        Assert.Equal("openvino:0", Assert.Single(options.Devices).Name);
        Assert.Equal(2L << 30, options.Devices[0].MemoryBytes);
        ProviderSettings provider = Assert.Single(options.Runtime.Providers);
        Assert.Equal(("openvino", "/opt/libplugin.so"), (provider.Name, provider.Library));
        Assert.Equal(["cache_dir=/tmp", "load_config={}"], provider.Options.Select(option => $"{option.Key}={option.Value}").Order());
    }

    [Fact]
    public void All_faults_are_told_at_once_each_with_name_value_and_range()
    {
        OptionsException refused = Assert.Throws<OptionsException>(() => Read(
            ("Batching:MaxBatchSize", "0"), ("Batching:MaxBatchsize2", "1"), ("Queue:MaxImages", "many"),
            ("Images:ExifOrientation", "turn"), ("Cache:Rediss", "x"),
            ("Devices", "gpu:0"), ("Models:0:Name", "a"), ("Models:1:Model", "b"), ("Models:1:Precision", "fp8"),
            ("Http:Urls", "ftp://0.0.0.0:1,nonsense"), ("Metrics", "on"),
            ("Shutdown", "now"), ("Http:MaxInputs:0", "3"), ("Cluster:Tls:Key", "tls.key")));
        string[] expected =
        [
            "VitGrid:Batching:MaxBatchSize is '0'; it takes a whole number from 1 to 256 (default 8)",
            "VitGrid:Batching:MaxBatchsize2 is not a setting; VitGrid:Batching has MaxBatchSize, MaxBatchGigaflop, MaxDelayMilliseconds, "
                + "PreferredSizes, InteractiveWeight",
            "VitGrid:Queue:MaxImages is 'many'; it takes a whole number from 1 to 1,000,000 (default 2,048)",
            "VitGrid:Images:ExifOrientation is 'turn'; it takes one of Ignore, Apply (default Ignore)",
            "VitGrid:Cache:Rediss is not a setting; VitGrid:Cache has MemoryBytes, Redis, RedisPasswordFile, RedisAuthorityFile, "
                + "KeyPrefix, Format, MacKeyFile, TtlSeconds, TtlJitterPercent, WaitMilliseconds, WriteQueueItems, WriteQueueBytes, "
                + "BreakAfterFailures, ProbeMilliseconds, ClusterFlight, PerTenant",
            "VitGrid:Devices is 'gpu:0': device 'gpu:0' is not of the form cpu:N or cuda:N, optionally with a memory bound such as "
                + "cpu:0=2GiB",
            "VitGrid:Models:0:Model is missing; it takes the name, folder or hub id of a checkpoint",
            "VitGrid:Models:1:Precision is 'fp8'; it takes one of auto, Fp32, Bf16, Fp16, Int8 (default auto)",
            "VitGrid:Http:Urls holds 'ftp://0.0.0.0:1'; it takes addresses http://HOST:PORT or https://HOST:PORT, comma-separated",
            "VitGrid:Http:Urls holds 'nonsense'; it takes addresses http://HOST:PORT or https://HOST:PORT, comma-separated",
            "VitGrid:Metrics is not a setting; VitGrid has Devices, Batching, Queue, Images, Features, Cache, Cluster, Indexing, UrlFetch, "
                + "Health, Shutdown, Role, Models, Runtime, DataPlane, Http, Grpc, Auth, RateLimits",
            "VitGrid:Shutdown is 'now'; it is a section of settings, not a value",
            "VitGrid:Http:MaxInputs:0 is set, but VitGrid:Http:MaxInputs takes a single value",
            "VitGrid:Cluster:Tls:Certificate is missing; it takes a PEM file; Certificate, Key and Authority stand together",
            "VitGrid:Cluster:Tls:Authority is missing; it takes a PEM file; Certificate, Key and Authority stand together",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), refused.Faults.Order(StringComparer.Ordinal));
        Assert.StartsWith("the configuration has 15 fault(s):", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Batching:MaxBatchSize", "100", "Queue:MaxImages", "99",
        "Batching:MaxBatchSize (100) is above VitGrid:Queue:MaxImages (99)")]
    [InlineData("Http:MaxInputs", "300", "Queue:MaxImages", "299", "Http:MaxInputs (300) is above VitGrid:Queue:MaxImages (299)")]
    [InlineData("Images:MaxFileBytes", "65000000", "Http:MaxBodyBytes", "64000000", "largest image could never arrive")]
    [InlineData("Http:MaxBodyBytes", "64000000", "Http:MaxBufferedBytes", "63000000", "largest body would always be refused")]
    [InlineData("Images:MaxFileBytes", "20000000", "Queue:MaxBytes", "10000000", "largest image would always be refused")]
    [InlineData("Cluster:SiloPort", "7", "Cluster:GatewayPort", "7", "are both 7")]
    [InlineData("Models:0:Model", "a", "Models:1:Model", "a", "names 'a' 2 times")]
    public void Settings_that_contradict_each_other_are_refused(string first, string one, string second, string other, string told)
    {
        OptionsException refused = Assert.Throws<OptionsException>(() => Read((first, one), (second, other)));
        Assert.Contains(refused.Faults, fault => fault.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void The_grid_gets_the_fallback_model_and_every_option_of_its_own()
    {
        ServerOptions options = Read(
            ("Images:MaxPixels", "1000"), ("Images:Grey16", "Scale"), ("Batching:MaxBatchSize", "3"), ("Devices", "cpu:1"));
        GridOptions grid = options.ToGrid(name => new ModelLocation(name, "/somewhere/" + name), "internvit-nano", Precision.Fp32);
        Assert.Equal(new ModelOptions { Name = "internvit-nano", Directory = "/somewhere/internvit-nano", Precision = Precision.Fp32 },
            Assert.Single(grid.Models));
        Assert.Equal((1000L, 20_000_000L), (grid.Images.MaxPixels, grid.Images.MaxFileBytes));
        Assert.Equal((60_000, 0), (grid.Shutdown.DrainMilliseconds, grid.Cluster.SiloPort));
        Assert.Equal((Grey16.Scale, 3, "cpu:1"), (grid.Images.Grey16, grid.Batching.MaxBatchSize, grid.Devices.Single().Name));
    }

    [Fact]
    public void One_prefix_is_the_whole_grids_but_for_what_has_one_of_its_own()
    {
        ServerOptions options = Read(("Cluster:KeyPrefix", "north:"), ("Indexing:KeyPrefix", "jobs:"));
        Assert.Equal(("north:", "north:", "jobs:", "north:"), (
            options.Cluster.KeyPrefix, options.Cache.KeyPrefix, options.Indexing.KeyPrefix, options.Auth.KeyPrefix));
        Assert.Null(Read(("Cache:KeyPrefix", "c:")).Cluster.KeyPrefix);
        Assert.Throws<OptionsException>(() => Read(("Cluster:KeyPrefix", "north*")));
    }

    [Fact]
    public void A_named_model_keeps_its_name_precision_and_segments()
    {
        ServerOptions options = Read(
            ("Models:0:Model", "dir"), ("Models:0:Name", "mine"), ("Models:0:Precision", "int8"), ("Models:0:Segments", "3"));
        GridOptions grid = options.ToGrid(name => new ModelLocation("located", name), "internvit-nano", Precision.Fp32);
        Assert.Equal(new ModelOptions { Name = "mine", Directory = "dir", Precision = Precision.Int8, Segments = 3 }, Assert.Single(
            grid.Models));
    }

    private static ServerOptions Read(params (string Key, string Value)[] settings) => OptionsReader.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"VitGrid:{setting.Key}", (string?)setting.Value)))
        .Build());
}
