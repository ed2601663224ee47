using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Health;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

public sealed class RunFailuresTests
{
    [Theory]
    [InlineData(
        "[ErrorCode:Fail] Non-zero status code returned while running Gemm node. Status Message: CUDA failure 700: an illegal memory "
            + "access was encountered ; GPU=0 ; hostname=h ; expr=cudaStreamSynchronize(stream);", RunFailure.Context)]
    [InlineData("[ErrorCode:Fail] CUDA failure 719: unspecified launch failure ; GPU=3 ; hostname=h", RunFailure.Context)]
    [InlineData("[ErrorCode:Fail] CUDA failure 214: uncorrectable ECC error encountered ; GPU=0", RunFailure.Context)]
    [InlineData("[ErrorCode:Fail] CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; expr=cudaMalloc((void**)&p, size);",
        RunFailure.Memory)]
    [InlineData("[ErrorCode:Fail] CUDA failure 701: too many resources requested for launch ; GPU=0", RunFailure.Device)]
    [InlineData("[ErrorCode:Fail] CUDA failure 7001: no such code", RunFailure.Device)]
    [InlineData("[ErrorCode:RuntimeException] BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 9",
        RunFailure.Memory)]
    [InlineData("[ErrorCode:RuntimeException] Available memory of 5 is smaller than requested bytes of 9", RunFailure.Memory)]
    [InlineData("[ErrorCode:RuntimeException] std::bad_alloc", RunFailure.Memory)]
    [InlineData("[ErrorCode:Fail] CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", RunFailure.Memory)]
    [InlineData("[ErrorCode:Fail] CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0", RunFailure.Device)]
    [InlineData("[ErrorCode:InvalidArgument] Got invalid dimensions for input: pixels", RunFailure.Input)]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running Add node.", RunFailure.Device)]
    public void What_ONNX_Runtime_says_tells_what_is_at_fault(string message, RunFailure failure) =>
        Assert.Equal(failure, RunFailures.FromText(message));

    [Theory]
    [InlineData(2, RunFailure.Memory)]
    [InlineData(700, RunFailure.Context)]
    [InlineData(810, RunFailure.Context)]
    [InlineData(911, RunFailure.Context)]
    [InlineData(1, RunFailure.Device)]
    public void The_drivers_own_code_is_read_where_it_is_called(int code, RunFailure failure) =>
        Assert.Equal(failure, RunFailures.Find(new DeviceException("CUDA driver: cuMemcpy answered it", code))!.Failure);

    [Fact]
    public void Whatever_is_not_the_runtimes_or_the_drivers_is_left_alone() =>
        Assert.Null(RunFailures.Find(new InvalidOperationException("CUDA failure 700")));
}
