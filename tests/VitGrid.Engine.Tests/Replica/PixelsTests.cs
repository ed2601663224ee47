using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Replica;

namespace VitGrid.Engine.Tests.Replica;

public sealed class PixelsTests
{
    private int _givenBack;

    [Fact]
    public void Pixels_stay_until_the_last_holder_leaves_and_give_their_charge_back_once()
    {
        Pixels pixels = Pixels.Rent(12, new Charge(() => _givenBack++));
        Pixels held = pixels.Hold();
        pixels.Dispose();
        Assert.Equal((true, 0, 12), (held.IsHeld, _givenBack, held.Memory.Length));
        held.Dispose();
        Assert.Equal((false, 1), (held.IsHeld, _givenBack));
    }

    [Fact]
    public void Pixels_without_holder_cannot_be_held_again()
    {
        Pixels pixels = Pixels.Rent(12, new Charge(() => _givenBack++));
        pixels.Dispose();
        Assert.False(pixels.IsHeld);
        Assert.Throws<ObjectDisposedException>(pixels.Hold);
        Assert.Equal(1, _givenBack);
    }
}
