import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0026_observation_moments'),
    ]

    operations = [
        migrations.AddField(
            model_name='store',
            name='brand_colour',
            field=models.CharField(blank=True, help_text="For instance #24483d. Words on and in it are made readable, light and dark. Empty: ShipTrack's own.", max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', 'A colour is # and six of 0-9 and a-f, for instance #24483d.')]),
        ),
        migrations.AlterField(
            model_name='store',
            name='brand',
            field=models.CharField(blank=True, help_text='What customers read above pages and messages.', max_length=120),
        ),
    ]
