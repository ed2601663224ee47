using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Answers;

namespace VitGrid.Server.Tests.Api;

public sealed class ErrorTableTests
{
    [Fact]
    public void The_table_is_the_contracts()
    {
        string[] rows = [.. ErrorTable.Rows.Select(row => string.Create(
            CultureInfo.InvariantCulture, $"{row.Status} {row.Code} {ErrorBodies.TypeOf(row)} {row.RetryAfterSeconds}").TrimEnd())];
        Assert.Equal(
        [
            "400 invalid_request invalid_request_error",
            "400 image_decode_failed invalid_request_error",
            "400 unsupported_modality invalid_request_error",
            "400 dimensions_not_supported invalid_request_error",
            "400 url_not_allowed invalid_request_error",
            "400 url_fetch_failed invalid_request_error",
            "401 invalid_api_key invalid_request_error",
            "403 scope_missing invalid_request_error",
            "403 model_forbidden invalid_request_error",
            "403 lane_forbidden invalid_request_error",
            "403 origin_not_allowed invalid_request_error",
            "404 not_found invalid_request_error",
            "404 model_not_found invalid_request_error",
            "405 method_not_allowed invalid_request_error",
            "408 body_timeout invalid_request_error",
            "409 conflict invalid_request_error",
            "413 payload_too_large invalid_request_error",
            "413 image_too_large invalid_request_error",
            "415 unsupported_image_format invalid_request_error",
            "421 host_not_allowed invalid_request_error",
            "422 image_not_computable invalid_request_error",
            "429 rate_limited rate_limit_error 60",
            "429 overloaded rate_limit_error 1",
            "500 internal_error server_error",
            "501 indexing_off server_error",
            "503 queue_unavailable server_error 2",
            "503 keys_unavailable server_error 2",
            "503 model_loading server_error 2",
            "503 model_failed server_error 60",
            "503 draining server_error 5",
            "504 deadline_exceeded server_error",
            "507 insufficient_storage server_error",
        ], rows);
    }

    [Fact]
    public void Every_fault_of_the_layers_below_has_a_row_of_its_own()
    {
        IEnumerable<Exception> faults =
        [
            .. Enum.GetValues<ImageFault>().Select(fault => new ImageException(fault, "x")),
            .. Enum.GetValues<GridFault>().Except([GridFault.SegmentFailed]).Select(fault => new GridException(fault, "x")),
        ];
        Assert.All(faults, fault => Assert.NotEqual(ApiCode.InternalError, ErrorMapping.From(fault)!.Code));
        Assert.Null(ErrorMapping.From(new InvalidOperationException("x")));
    }

    [Fact]
    public void What_may_be_tried_again_says_when()
    {
        Assert.All(ErrorTable.Rows.Where(row => row.Status is 429 or 503), row => Assert.InRange(row.RetryAfterSeconds ?? 0, 1, 3600));
    }
}
