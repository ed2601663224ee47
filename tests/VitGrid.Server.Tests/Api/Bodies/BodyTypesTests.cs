using Microsoft.AspNetCore.Http;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Tests.Api.Bodies;

public sealed class BodyTypesTests
{
    [Theory]
    [InlineData(null, false, true)]
    [InlineData("", false, true)]
    [InlineData("application/octet-stream", false, true)]
    [InlineData("application/json", true, true)]
    [InlineData("application/problem+json;charset=utf-8", true, true)]
    [InlineData("text/plain", false, false)]
    [InlineData("application/x-www-form-urlencoded", false, false)]
    [InlineData("multipart/form-data; boundary=b", false, false)]
    [InlineData("not a type", false, false)]
    public void A_protocol_says_whether_json_may_come_without_its_type(string? type, bool json, bool untyped)
    {
        Assert.Equal(json, IsTaken(BodyTypes.Json, type));
        Assert.Equal(untyped, IsTaken(BodyTypes.JsonOrUntyped, type));
    }

    private static bool IsTaken(BodyTypes types, string? type)
    {
        DefaultHttpContext context = new();
        context.Request.ContentType = type;
        try
        {
            types.Demand(context.Request);
            return true;
        }
        catch (ApiException exception)
        {
            Assert.Equal("unsupported_image_format", exception.Error.Code);
            return false;
        }
    }
}
